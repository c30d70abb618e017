"""Defects of single charge orders: contradictions, unreadable values, and the spellings met in the field."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from demo_city.defects.model import Change, Row

_FORMAT = "%Y-%m-%d %H:%M:%S"
_TOO_MUCH_KWH = Decimal(50_000)


def renamed(**names: str) -> Change:
    """Return a change that spells fields differently, in the order and its details."""
    return lambda row, _: [respelt(row, lambda key: names.get(key, key))]


def lower_camel(key: str) -> str:
    """Return a key with a lower first letter."""
    return key[:1].lower() + key[1:]


def end_before_start(row: Row, n: int) -> list[Row] | None:
    """Let the session end some minutes before it begins."""
    if not row.get("StartTime"):
        return None
    # no zone: only the distance between two local times counts
    start = datetime.strptime(row["StartTime"], _FORMAT)  # noqa: DTZ007
    return [{**row, "EndTime": (start - timedelta(minutes=1 + n % 90)).strftime(_FORMAT)}]


def negative_energy(row: Row, _: int) -> list[Row] | None:
    """Turn the sign of the energy, in the sum and in the details, which still add up."""
    if not row["TotalPower"]:
        return None
    details = [{**d, "DetailPower": -d["DetailPower"]} for d in row["ChargeDetails"]]
    return [{**row, "TotalPower": -row["TotalPower"], "ChargeDetails": details}]


def fee_sum_wrong(row: Row, n: int) -> list[Row]:
    """Let the total be something else than electricity and service."""
    return [{**row, "TotalMoney": row["TotalMoney"] + Decimal(1 + n % 9)}]


def detail_sum_wrong(row: Row, n: int) -> list[Row] | None:
    """Let the details not add up to the total energy."""
    return _with_more_energy(row, Decimal(1 + n % 5))


def detail_count_wrong(row: Row, _: int) -> list[Row]:
    """Let SumPeriod be one more than there are details."""
    return [{**row, "SumPeriod": row["SumPeriod"] + 1}]


def energy_out_of_range(row: Row, _: int) -> list[Row] | None:
    """Charge more than any connector can, consistently in sum and details."""
    changed = _with_more_energy(row, _TOO_MUCH_KWH)
    return changed and [{**changed[0], "TotalPower": row["TotalPower"] + _TOO_MUCH_KWH}]


def unknown_connector(row: Row, n: int) -> list[Row]:
    """Name a connector that no register holds."""
    return [{**row, "ConnectorID": f"{row['ConnectorID'][:9]}UNKNOWN{n % 1000:03d}"}]


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


def _with_more_energy(row: Row, kwh: Decimal) -> list[Row] | None:
    if not row["ChargeDetails"]:
        return None
    first, *others = row["ChargeDetails"]
    return [{**row, "ChargeDetails": [{**first, "DetailPower": first["DetailPower"] + kwh}, *others]}]
