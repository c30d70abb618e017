"""Values as people write them in tables: numbers, percentages, dates, yes and no, words for codes.

Every function returns the value in its type, or unchanged where it cannot be read: the row model validates it.
"""

from __future__ import annotations

import math
import re
import unicodedata
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from green_freight.contracts.identifiers import ROUNDED_FROM, RoundedNumber
from green_freight.contracts.model import Column
from green_freight.contracts.truth_values import truth_value
from green_freight.loading.number_formats import ShownNumber
from green_freight.written_dates import moment_in, plain
from green_freight.written_numbers import number_in

_ONE = Decimal(1)
# So many texts of a column are remembered with their values, none that is longer.
_MOST_KNOWN, _LONGEST_KNOWN = 4_096, 64
# Words for "nothing to report" in numbers and dates.
_NOTHING = frozenset(
    ("", "-", "--", "—", "——", "–", "/", "\\", "无", "n/a", "na", "null", "none", "不详", "未停用", "空")
)
_THOUSANDS = re.compile(r"[+-]?\d{1,3}(?:,\d{3})+(?:\.\d+)?")
_NUMBER = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?")
_WITH_UNIT = re.compile(r"([+-]?[\d.,]+)([^\d.,]+)")
# Beyond this power of ten the row model rejects what is written, as out of range.
_LARGEST_EXPONENT = 30
# Excel's serial days of 1954 to 2064; anything else in a date column is a slip.
_SERIAL_DAYS = range(20_000, 60_001)
EXCEL_EPOCH = date(1899, 12, 30)
_SERIAL_TEXT = re.compile(r"\d{5}")

_MULTIPLES = {"千": 3, "万": 4, "十万": 5, "百万": 6, "千万": 7, "亿": 8}


def _multiples(*bases: str) -> dict[str, Decimal]:
    return {f"{name}{base}": Decimal(10) ** power for name, power in _MULTIPLES.items() for base in bases}


# What a unit is in terms of the contract's unit.
UNIT_FACTORS = {
    "t": dict.fromkeys(("吨", "t", "公吨"), _ONE)
    | dict.fromkeys(("千克", "公斤", "kg"), Decimal("0.001"))
    | {"斤": Decimal("0.0005")}
    | _multiples("吨"),
    "m3": dict.fromkeys(("立方米", "m3", "立方"), _ONE) | {"升": Decimal("0.001")} | _multiples("立方米"),
    "1": dict.fromkeys("辆件个台家", _ONE) | _multiples(*"辆件个台家", ""),
    "%": dict.fromkeys(("%", "百分比", "百分数"), _ONE) | {"‰": Decimal("0.1")},
}
KNOWN_UNITS = frozenset(unit for units in UNIT_FACTORS.values() for unit in units)


def clean(column: Column, value: Any, factor: Decimal = _ONE, epoch: date = EXCEL_EPOCH) -> Any:
    """Return a cell's value in the type of its column where it can be read as that, else as it is.

    `factor` turns a bare number of this cell into the contract's unit (0.001 for kilograms where the contract
    says tonnes); a number that carries its own unit is turned by that.
    """
    if isinstance(value, str):
        value = value.strip()
        if value == "" or (column.logical_type != "string" and plain(value) in _NOTHING):
            return _NO_ENTRY.get(column.logical_type, {}).get(plain(value))
    if value is None:
        return None
    if column.logical_type in ("number", "integer"):
        return number(value, column.unit, factor)
    if column.logical_type == "date":
        return day(value, epoch)
    if column.logical_type == "boolean":
        return truth_value(value)
    return _text(column, value) if column.logical_type == "string" else value


class ColumnCells(dict[str, Any]):
    """The values of a column's cells by their texts; a short text that stands in many cells is read once."""

    def __init__(self, column: Column, factor: Decimal = _ONE) -> None:
        """Read the cells of a column; `factor` as in `clean`."""
        super().__init__()
        self._column, self._factor = column, factor

    def __missing__(self, text: str) -> Any:
        value = clean(self._column, text, self._factor)
        if len(text) <= _LONGEST_KNOWN and len(self) < _MOST_KNOWN:
            self[text] = value
        return value

    def value(self, cell: Any) -> Any:
        """Return the value of a cell, which is a text or of another type."""
        return self[cell] if type(cell) is str else clean(self._column, cell, self._factor)


# For yes/no columns 无 is an answer, not an empty cell.
_NO_ENTRY: dict[str, dict[str, bool]] = {"boolean": {"无": False}}


def number(value: Any, unit: str | None, factor: Decimal = _ONE) -> Any:
    """Return a Decimal in `unit` for a number, a text number (full-width, 1,234.5) or one with a unit (12 公斤)."""
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal | str):
        return value
    text = plain(str(value))
    with_unit = _WITH_UNIT.fullmatch(text)
    if with_unit and unit and (known := UNIT_FACTORS.get(unit, {}).get(with_unit[2])) is not None:
        text, factor = with_unit[1], known
    if _THOUSANDS.fullmatch(text):
        text = text.replace(",", "")
    if not _NUMBER.fullmatch(text):
        return value
    found = _decimal(text, value)
    return found * factor if isinstance(found, Decimal) else found


def day(value: Any, epoch: date = EXCEL_EPOCH) -> Any:
    """Return a date for 2023年5月12日, 2023/5/12 0:00, 20230512, 二〇二三年五月十二日 or a serial day since `epoch`."""
    if isinstance(value, int | float | Decimal) and not isinstance(value, bool):
        return _serial_day(value, epoch)
    # A serial day copied as text into a workbook of 1904 may be of another workbook.
    if isinstance(value, str) and epoch == EXCEL_EPOCH and _SERIAL_TEXT.fullmatch(plain(value)):
        return _serial_day(Decimal(plain(value)), epoch)
    found = moment_in(value) or value if isinstance(value, str) else value
    if isinstance(found, datetime):
        return found.date() if found.time() == datetime.min.time() and found.tzinfo is None else value
    return found


def _serial_day(value: int | float | Decimal, epoch: date) -> Any:
    if not math.isfinite(value) or int(value) != value:
        return value
    number = int(value)
    if number + (epoch - EXCEL_EPOCH).days in _SERIAL_DAYS:
        return epoch + timedelta(days=number)
    found = moment_in(str(number)) if len(str(number)) == 8 else None
    return value if found is None else found


def _decimal(text: str, otherwise: Any) -> Any:
    found = number_in(text)
    if found is None:
        return otherwise
    return found if found.is_finite() and abs(found.adjusted()) <= _LARGEST_EXPONENT else otherwise


def _text(column: Column, value: Any) -> Any:
    if isinstance(value, float) and value.is_integer():
        # A code typed as a number: Excel keeps 1001 as 1001.0.
        value = int(value)
    if column.identifier is not None:
        if isinstance(value, ShownNumber):
            return value.shown
        is_rounded = isinstance(value, int) and not isinstance(value, bool) and abs(value) >= ROUNDED_FROM
        return RoundedNumber(value) if is_rounded else str(value)
    if not column.codes:
        return value if isinstance(value, str) else str(value)
    text = unicodedata.normalize("NFKC", str(value)).strip()
    if text not in column.codes:
        words = plain(text)
        for code in column.codes.values():
            if words in map(plain, (code.value, *code.source_names)):
                return code.value
    return text
