"""Defects of single charge orders: contradictions, unreadable values, and the spellings met in the field."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from demo_city.defects.model import Change
from demo_city.versioned_register import Row

_FORMAT = "%Y-%m-%d %H:%M:%S"
_TOO_MUCH_KWH = Decimal(50_000)


def renamed(message: Any, written: str, instead: str) -> Any:
    """Return a message whose keys are spelt differently in one part, at all levels."""
    return respelt(message, lambda key: key.replace(written, instead))


def lower_camel(key: str) -> str:
    """Return a key with a lower first letter."""
    return key[:1].lower() + key[1:]


def _end_before_start(row: Row, n: int) -> list[Row] | None:
    if not row.get("StartTime"):
        return None
    # no zone: only the distance between two local times counts
    start = datetime.strptime(row["StartTime"], _FORMAT)  # noqa: DTZ007
    return [{**row, "EndTime": (start - timedelta(minutes=1 + n % 90)).strftime(_FORMAT)}]


def _negative_energy(row: Row, _: int) -> list[Row] | None:
    """Turn the sign of the energy, in the sum and in the details, which still add up."""
    if not row["TotalPower"]:
        return None
    details = [{**d, "DetailPower": -d["DetailPower"]} for d in row["ChargeDetails"]]
    return [{**row, "TotalPower": -row["TotalPower"], "ChargeDetails": details}]


def with_wrong_vin_digit(vin: str) -> str:
    """Return a VIN whose ninth character is another digit."""
    right = vin[8]
    return vin[:8] + ("1" if right == "0" else "0") + vin[9:]


def textual(value: Any) -> Any:
    """Return a message with all its numbers as strings."""
    if isinstance(value, dict):
        return {key: textual(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [textual(inner) for inner in value]
    if isinstance(value, Decimal):
        return format(value, "f")
    return str(value) if isinstance(value, int | float) and not isinstance(value, bool) else value


def respelt(value: Any, spell: Callable[[str], str]) -> Any:
    """Return a message with every key spelt by a function."""
    if isinstance(value, dict):
        return {spell(key): respelt(inner, spell) for key, inner in value.items()}
    return [respelt(inner, spell) for inner in value] if isinstance(value, list) else value


def _with_more_energy(row: Row, kwh: Decimal, in_total: Decimal = Decimal(0)) -> list[Row] | None:
    """Add energy to the first detail and, where it shall fit, to the total."""
    if not row["ChargeDetails"]:
        return None
    first, *others = row["ChargeDetails"]
    details = [{**first, "DetailPower": first["DetailPower"] + kwh}, *others]
    return [{**row, "ChargeDetails": details, "TotalPower": row["TotalPower"] + in_total}]


def _lasting_for_days(row: Row, n: int) -> list[Row] | None:
    """Let a session begin days earlier, over the end of a month where one lies between: a charger left unplugged."""
    if not row.get("StartTime"):
        return None
    start = datetime.strptime(row["StartTime"], _FORMAT) - timedelta(days=3 + n % 3)  # noqa: DTZ007
    return [{**row, "StartTime": start.strftime(_FORMAT)}]


def _under_another_number(row: Row, _: int) -> list[Row] | None:
    """Add the session again under another number: two sessions of one connector at one time."""
    number = row["StartChargeSeq"]
    return [row, {**row, "StartChargeSeq": f"{number[:9]}9{number[10:]}"}]


# by the names of `named_defects.csv`
ORDER_CHANGES: dict[str, Change] = {
    "order_end_before_start": _end_before_start,
    "order_negative_energy": _negative_energy,
    "order_fee_sum_wrong": lambda order, n: [{**order, "TotalMoney": order["TotalMoney"] + 1 + n % 9}],
    # the details do not add up to the total energy
    "order_detail_sum_wrong": lambda order, n: _with_more_energy(order, Decimal(1 + n % 5)),
    "order_detail_count_wrong": lambda order, _: [{**order, "SumPeriod": order["SumPeriod"] + 1}],
    # more than any connector can give, consistently in the total and the details
    "order_energy_out_of_range": lambda order, _: _with_more_energy(order, _TOO_MUCH_KWH, _TOO_MUCH_KWH),
    # one that no register holds
    "order_unknown_connector": lambda order, n: [
        {**order, "ConnectorID": f"{order['ConnectorID'][:9]}UNKNOWN{n % 1000:03d}"}
    ],
    "order_outside_programme": lambda order, n: [
        {**order, "StartTime": f"{1950 if n % 2 else 2099}{order['StartTime'][4:]}"}
    ],
    # a slip, and the right order pushed again on the same day
    "order_pushed_again": lambda order, n: [
        {
            **order,
            "TotalMoney": order["TotalMoney"] + n % 9 + 1,
            "TotalElecMoney": order["TotalElecMoney"] + n % 9 + 1,
        },
        order,
    ],
    "order_lasting_for_days": _lasting_for_days,
    "order_under_another_number": _under_another_number,
    # more than the connector's power allows in the time
    "order_above_power": lambda order, _: _with_more_energy(order, Decimal(900), Decimal(900)),
    "order_lower_camel": lambda order, _: [respelt(order, lower_camel)],
    "order_operation_id": lambda order, _: [renamed(order, "OperatorID", "OperationID")],
    "order_elect_money": lambda order, _: [renamed(order, "ElecMoney", "ElectMoney")],
    "order_sub_period": lambda order, _: [renamed(order, "SumPeriod", "SubPeriod")],
    "order_service_money": lambda order, _: [renamed(order, "Sevice", "Service")],
    "stats_sum_wrong": lambda stats, n: [
        {**stats, "StationElectricity": stats["StationElectricity"] + Decimal(50 + n % 50)}
    ],
}
