"""Defects of single charge orders: contradictions, unreadable values, and the spellings met in the field."""

from __future__ import annotations

import copy
from collections.abc import Callable
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from demo_city.defects.model import Change, Row

_FORMAT = "%Y-%m-%d %H:%M:%S"
_TOO_MUCH_KWH = Decimal(50_000)


def replaced(field: str, value: Any) -> Change:
    """Return a change that puts a fixed value into a field."""
    return lambda row, _: [{**row, field: value}]


def renamed(*names: tuple[str, str]) -> Change:
    """Return a change that spells fields differently, in the order and its details."""
    words = dict(names)

    def change(row: Row, _: int) -> list[Row] | None:
        return [_respelt(row, lambda key: words.get(key, key))]

    return change


def lower_camel(row: Row, _: int) -> list[Row]:
    """Write every key with a lower first letter."""
    return [_respelt(row, lambda key: key[:1].lower() + key[1:])]


def numbers_as_text(row: Row, _: int) -> list[Row]:
    """Write every number as a string."""
    return [textual(row)]


def end_before_start(row: Row, n: int) -> list[Row] | None:
    """Let the session end some minutes before it begins."""
    if not row.get("StartTime"):
        return None
    # no zone: only the distance between two local times counts
    start = datetime.strptime(row["StartTime"], _FORMAT)  # noqa: DTZ007
    return [{**row, "EndTime": (start - timedelta(minutes=1 + n % 90)).strftime(_FORMAT)}]


def negative_energy(row: Row, _: int) -> list[Row] | None:
    """Turn the sign of the energy, in the sum and in the details, which still add up."""
    if not _is_positive(row.get("TotalPower")):
        return None
    details = [{**d, "DetailPower": -d["DetailPower"]} for d in row["ChargeDetails"]]
    return [{**row, "TotalPower": -row["TotalPower"], "ChargeDetails": details}]


def fee_sum_wrong(row: Row, n: int) -> list[Row]:
    """Let the total be something else than electricity and service."""
    return [{**row, "TotalMoney": row["TotalMoney"] + Decimal(1 + n % 9)}]


def detail_sum_wrong(row: Row, n: int) -> list[Row] | None:
    """Let the details not add up to the total energy."""
    if not row["ChargeDetails"]:
        return None
    details = copy.deepcopy(row["ChargeDetails"])
    details[0]["DetailPower"] += Decimal(1 + n % 5)
    return [{**row, "ChargeDetails": details}]


def detail_count_wrong(row: Row, _: int) -> list[Row]:
    """Let SumPeriod be one more than there are details."""
    return [{**row, "SumPeriod": row["SumPeriod"] + 1}]


def energy_out_of_range(row: Row, _: int) -> list[Row] | None:
    """Charge more than any connector can, consistently in sum and details."""
    if not row["ChargeDetails"]:
        return None
    details = copy.deepcopy(row["ChargeDetails"])
    details[0]["DetailPower"] += _TOO_MUCH_KWH
    return [{**row, "TotalPower": row["TotalPower"] + _TOO_MUCH_KWH, "ChargeDetails": details}]


def sequence_too_short(row: Row, _: int) -> list[Row]:
    """Drop the last character of the order number."""
    return [{**row, "StartChargeSeq": row["StartChargeSeq"][:-1]}]


def unknown_connector(row: Row, n: int) -> list[Row]:
    """Name a connector that no register holds."""
    return [{**row, "ConnectorID": f"{row['ConnectorID'][:9]}UNKNOWN{n % 1000:03d}"}]


def bad_vin(row: Row, _: int) -> list[Row] | None:
    """Spoil the check digit of the vehicle's number."""
    return [{**row, "Vin": with_wrong_vin_digit(row["Vin"])}] if row.get("Vin") else None


def duplicate(row: Row, _: int) -> list[Row]:
    """Write the row twice."""
    return [row, row]


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


def _is_positive(value: Any) -> bool:
    return isinstance(value, Decimal) and value > 0


def _respelt(value: Any, spell: Callable[[str], str]) -> Any:
    if isinstance(value, dict):
        return {spell(key): _respelt(inner, spell) for key, inner in value.items()}
    return [_respelt(inner, spell) for inner in value] if isinstance(value, list) else value


def respelt(value: Any, spell: Callable[[str], str]) -> Any:
    """Return a message with every key spelt by a function."""
    return _respelt(value, spell)
