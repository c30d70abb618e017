"""The commerce bureau's Excel forms: sheet and header found, units, merged cells, totals and notes understood."""

from __future__ import annotations

import re
import unicodedata
import warnings
from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal
from typing import Any

from openpyxl import load_workbook

from green_freight.contracts.model import Column, Contract
from green_freight.loading.cell_values import UNIT_FACTORS, clean
from green_freight.loading.number_formats import shown_number
from green_freight.loading.outcomes import LoadWarning, SourceRow, UnreadableFileError
from green_freight.loading.readers import Source
from green_freight.loading.readers.table_rows import Header, RowSorter, TableReading, find_header
from green_freight.written_dates import month_in, plain

# 填报单位：市商务局 is an office, not a unit.
_UNIT_NOTE = re.compile(
    r"(?<![报送表制填])(?:计量)?单\s*位\s*(?:均为|[:为是])\s*([^\s,;。()、]+(?:、[^\s,;。()、]+)*)"
)

_KNOWN_UNITS = {unit for units in UNIT_FACTORS.values() for unit in units}

# Excel's own last row. A cell that claims to lie below it would be reached over as many empty rows as it says.
LAST_ROW = 1_048_576

Rows = list[tuple[int, list[Any]]]

_NUMBER = (int, float)
_HUNDRED = Decimal(100)


def title_period(rows: Iterable[Sequence[Any]]) -> str | None:
    """Return the month (yyyy-MM) that the rows' text names first, or None; a full date is no month."""
    texts = (cell for cells in rows for cell in cells if isinstance(cell, str))
    return next(filter(None, map(month_in, texts)), None)


class UnitNotes:
    """The unit of each column: in its title, else in a note above or below the table, else the contract's."""

    def __init__(
        self, contract: Contract, header: Header, above: list[list[Any]], below: list[list[Any]]
    ) -> None:
        self._factors: dict[str, Decimal] = {}
        self.warnings: list[LoadWarning] = []
        noted = [*_noted_units(above), *_noted_units(below)]
        turned: dict[str, list[str]] = {}
        for column in contract.columns:
            known = UNIT_FACTORS.get(column.unit or "")
            if known is None or column.name not in header.places:
                continue
            candidates = [header.units.get(column.name), *noted]
            unit = next((unit for unit in candidates if unit is not None and unit in known), None)
            if unit is not None and known[unit] != 1:
                self._factors[column.name] = known[unit]
                turned.setdefault(unit, []).append(column.name)
        for unit, names in turned.items():
            words = {"unit": unit, "names_zh": "、".join(names), "names_en": ", ".join(names)}
            self.warnings.append(LoadWarning.of("unit_converted", count=len(names), **words))
        for unit in noted:
            # A longer text is a sentence or an office, not a unit.
            if unit not in _KNOWN_UNITS and len(unit) <= 4 and not unit.endswith(("局", "委")):
                self.warnings.append(LoadWarning.of("unit_not_understood", unit=unit))

    def factor(self, name: str) -> Decimal:
        """Return what a bare number of a column is multiplied with."""
        return self._factors.get(name, Decimal(1))


def _noted_units(rows: Iterable[Sequence[Any]]) -> list[str]:
    found = []
    for cells in rows:
        for cell in cells:
            if not isinstance(cell, str):
                continue
            # One note may name several: 单位：吨、立方米.
            for match in _UNIT_NOTE.finditer(unicodedata.normalize("NFKC", cell).lower()):
                found += [_unit(words) for words in match[1].split("、")]
    return found


def _unit(words: str) -> str:
    # 单位：千克填报单位：… without a space between the two.
    for unit in sorted(_KNOWN_UNITS, key=len, reverse=True):
        if words.startswith(unit) and words[len(unit) :][:1] in ("", *"填报制编审统"):
            return unit
    return words


class WorkbookReading(TableReading):
    """Reads one sheet; a row's number is Excel's own. A form is small: its filled rows are kept in memory."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._warnings: list[LoadWarning] = []
        self.sheet, self._cells = self._read()
        self._header = self._find_header()
        above = [cells for number, cells in self._cells if number < self._header.first_row]
        below = [cells for number, cells in self._cells if number > self._header.last_row]
        self._month = self._check_period(above)
        self._units = UnitNotes(source.contract, self._header, above, below)
        self._sorter = RowSorter(source.contract, self._header, self._units.factor)
        self._fractions = 0

    def rows(self) -> Iterator[SourceRow]:
        columns = self._source.contract.columns
        above: dict[str, Any] = {}
        for number, cells in self._cells:
            if number <= self._header.last_row:
                continue
            kind = self._sorter.kind(number, cells)
            if kind != "data":
                # A merged district ends with its subtotal.
                above = {} if kind in ("subtotal", "total") else above
                continue
            raw = {title: cell for title, cell in zip(self._header.titles, cells, strict=False) if title}
            yield SourceRow(number, [self._value(column, cells, above) for column in columns], raw)

    def warnings(self) -> list[LoadWarning]:
        found = [*self._warnings, *self._units.warnings, *self._sorter.warnings()]
        if self._fractions:
            found.append(LoadWarning.of("fraction_read_as_percentage", count=self._fractions))
        return found

    def _value(self, column: Column, cells: list[Any], above: dict[str, Any]) -> Any:
        place = self._header.places.get(column.name)
        if place is None:
            return self._month if column.value_from == "title_period" else None
        cell = cells[place] if place < len(cells) else None
        if column.value_from == "title_period":
            return title_period([[cell]]) or cell
        if column.is_filled_down:
            cell = above[column.name] = above.get(column.name) if cell in (None, "") else cell
        value = clean(column, cell, self._units.factor(column.name))
        if self._is_fraction(column, cell, value):
            self._fractions += 1
            return value * _HUNDRED
        return value

    def _is_fraction(self, column: Column, cell: Any, value: Any) -> bool:
        # A bare 0.85 under a title without % sign; nobody reports less than one per cent.
        if column.unit != "%" or self._header.units.get(column.name) == "%" or not isinstance(cell, _NUMBER):
            return False
        return isinstance(value, Decimal) and 0 < value <= 1

    def _read(self) -> tuple[str, Rows]:
        with self._source.open() as file:
            try:
                # openpyxl warns of styles and extensions that it drops; none of them holds data.
                with warnings.catch_warnings():
                    warnings.simplefilter("ignore")
                    book = load_workbook(file, read_only=True, data_only=True)
                    sheets = {sheet.title: _filled_rows(sheet) for sheet in book.worksheets}
            except (MemoryError, UnreadableFileError):
                raise
            # zip, XML and openpyxl each raise their own for a damaged workbook, KeyError and TypeError among them.
            except Exception as error:
                detail = f"{type(error).__name__}: {error}"
                raise UnreadableFileError.of("unreadable_file", "no_workbook", error=detail) from error
        return self._choose(sheets)

    def _choose(self, sheets: dict[str, Rows]) -> tuple[str, Rows]:
        names = {plain(name) for name in self._source.contract.sheet_names}
        for title, rows in sheets.items():
            if plain(title) in names:
                return title, rows
        fitting = [title for title, rows in sheets.items() if self._fits(rows)]
        agreed = self._source.contract.sheet_names[0]
        if len(fitting) != 1:
            raise UnreadableFileError.of(
                "wrong_sheet", "other_sheets", agreed=agreed, found="、".join(sheets)
            )
        self._warnings.append(LoadWarning.of("sheet_renamed", agreed=agreed, found=fitting[0]))
        return fitting[0], sheets[fitting[0]]

    def _fits(self, rows: Rows) -> bool:
        header = find_header(self._source.contract, rows)
        missing = header.missing(self._source.contract) if header else self._source.contract.columns
        return not any(column.stops_when_absent for column in missing)

    def _find_header(self) -> Header:
        header = find_header(self._source.contract, self._cells)
        if header is None:
            raise UnreadableFileError.of("header_not_found", "no_titles", self.sheet, titles=self._titles())
        return header

    def _check_period(self, above: list[list[Any]]) -> str:
        expected = self._source.period.month.label
        found = title_period(above)
        if found is None:
            self._warnings.append(LoadWarning.of("title_without_period", expected=expected))
        elif found != expected:
            months = {"found": found, "expected": expected}
            raise UnreadableFileError.of("wrong_period", "other_month", self.sheet, **months)
        return expected


def _filled_rows(sheet: Any) -> Rows:
    # A sheet's own note of its size is often wrong (whole formatted columns, or one cell).
    sheet.reset_dimensions()
    found = []
    for number, row in enumerate(sheet.iter_rows(), start=1):
        if number > LAST_ROW:
            raise UnreadableFileError.of("unreadable_file", "beyond_last_row", sheet.title, last=LAST_ROW)
        cells = [_cell_value(cell) for cell in row]
        if any(cell is not None and cell != "" for cell in cells):
            found.append((number, cells))
    return found


def _cell_value(cell: Any) -> Any:
    value = cell.value
    if isinstance(value, str):
        return value.strip()
    return (
        value
        if isinstance(value, bool) or not isinstance(value, _NUMBER)
        else shown_number(value, cell.number_format)
    )
