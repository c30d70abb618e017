"""Defects of single rows in registers, daily operations and monthly forms."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

from demo_city.defects.model import Change, Row
from demo_city.defects.order_changes import textual, with_wrong_vin_digit

# GB/T 2260: retired in 2014, still written by some.
RETIRED_REGION = {"320706": "320705", "320707": "320721"}
PLATE_SEPARATORS = ("·", "•", " ")
_FULL_WIDTH = str.maketrans("0123456789.", "０１２３４５６７８９．")


def value(column: str, bad: Any) -> Change:
    """Return a change that puts a fixed value into a column."""
    return lambda row, _: None if row.get("is_deleted") else [{**row, column: bad}]


def end_before(start: str, end: str) -> Change:
    """Return a change that lets a row end the day before it begins; rows without an end get one."""

    def change(row: Row, _: int) -> list[Row] | None:
        if row.get("is_deleted") or row.get(start) is None:
            return None
        return [{**row, end: row[start] - timedelta(days=1)}]

    return change


def retired_region(row: Row, _: int) -> list[Row] | None:
    """Write the code that the district had before 2014."""
    old = RETIRED_REGION.get(row.get("region_code", ""))
    return [{**row, "region_code": old}] if old and not row.get("is_deleted") else None


def bad_vin(row: Row, _: int) -> list[Row] | None:
    """Spoil the VIN's check digit."""
    if not row.get("vin") or row.get("is_deleted"):
        return None
    return [{**row, "vin": with_wrong_vin_digit(row["vin"])}]


def plate_separator(row: Row, n: int) -> list[Row] | None:
    """Put a middle dot, a bullet or a space behind 苏G."""
    plate = row.get("plate_no") or ""
    if not plate.startswith("苏G") or row.get("is_deleted"):
        return None
    return [{**row, "plate_no": f"苏G{PLATE_SEPARATORS[n % 3]}{plate[2:].lstrip('·• ')}"}]


def plate_with_letter_o(row: Row, _: int) -> list[Row] | None:
    """Write the letter O, which no plate has."""
    plate = row.get("plate_no") or ""
    return [{**row, "plate_no": plate[:-1] + "O"}] if plate and not row.get("is_deleted") else None


def bad_credit_code(row: Row, _: int) -> list[Row] | None:
    """Spoil the check digit of a unified social credit code."""
    code = row.get("credit_code")
    if not code or row.get("is_deleted"):
        return None
    return [{**row, "credit_code": code[:-1] + ("1" if code[-1] != "1" else "2")}]


def duplicate(row: Row, _: int) -> list[Row] | None:
    """Write the row twice."""
    return None if row.get("is_deleted") else [row, dict(row)]


def numbers_as_text(row: Row, _: int) -> list[Row]:
    """Write every number as a string."""
    return [textual(row)]


def full_width(column: str) -> Change:
    """Return a change that types a number with full-width digits."""

    def change(row: Row, _: int) -> list[Row] | None:
        number = row.get(column)
        return [{**row, column: full_width_text(number)}] if number is not None else None

    return change


def full_width_text(number: Decimal) -> str:
    """Return a number typed with full-width digits and point."""
    return format(number, "f").translate(_FULL_WIDTH)


def with_commas(column: str) -> Change:
    """Return a change that types a whole number with thousands separators."""
    return lambda row, _: [{**row, column: f"{row[column]:,}"}] if row.get(column, 0) >= 1000 else None


def part_above_whole(row: Row, _: int) -> list[Row] | None:
    """Deliver more jointly than in all."""
    total = row.get("total_tonnes")
    return [{**row, "joint_tonnes": total + Decimal(1)}] if isinstance(total, Decimal) else None
