"""The commerce bureau's Excel forms: sheet and header found, units, merged cells, totals and notes understood."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from green_freight.contracts.model import Column
from green_freight.loading.cell_values import clean
from green_freight.loading.outcomes import LoadWarning, RowIssue, SourceRow, UnreadableFileError
from green_freight.loading.readers import Source
from green_freight.loading.readers.formulas import UncomputedFormula
from green_freight.loading.readers.headers import Header, find_header
from green_freight.loading.readers.sheet_choice import Rows, choose_sheet
from green_freight.loading.readers.sheets import read_book
from green_freight.loading.readers.table_rows import RowSorter, TableReading
from green_freight.loading.readers.title_months import title_period
from green_freight.loading.readers.units import Units

_NUMBER = (int, float)
_HUNDRED = Decimal(100)


class WorkbookReading(TableReading):
    """Reads one sheet; a row's number is Excel's own. A form is small: its filled rows are kept in memory."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._warnings: list[LoadWarning]
        self.sheet, self._cells = self._read()
        self._header = self._find_header()
        above = [cells for number, cells in self._cells if number < self._header.first_row]
        below = [cells for number, cells in self._cells if number > self._header.last_row]
        self._month = source.period.month.label
        if not self._check_period(above, self.sheet):
            self._warnings.append(LoadWarning.of("title_without_period", expected=self._month))
        self._warnings += self._header.check(source.contract, self.sheet)
        self._units = Units(source.contract, self._header, above, below, self.sheet)
        self._sorter = RowSorter(source.contract, self._header, self._units.factor)
        self._fractions = 0
        self._formulas = defaultdict[str, list[tuple[int, str]]](list)

    def _rows(self) -> Iterator[SourceRow]:
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
            fault = self._without_result(number, cells)
            values = [] if fault else [self._value(column, number, cells, above) for column in columns]
            yield SourceRow(number, values, raw, fault)

    def warnings(self) -> list[LoadWarning]:
        found = [*self._warnings, *self._units.warnings, *self._sorter.warnings()]
        if self._fractions:
            found.append(LoadWarning.of("fraction_read_as_percentage", count=self._fractions))
        for name, cells in self._formulas.items():
            number, formula = cells[0]
            facts: dict[str, Any] = {
                "title_zh": self._source.contract.column(name).title_zh,
                "number": number,
                "formula": formula,
            }
            found.append(LoadWarning.of("formula_without_result", column=name, count=len(cells), **facts))
        return found

    def _without_result(self, number: int, cells: list[Any]) -> RowIssue | None:
        """Return the fault of a required cell whose formula has no result; note and empty the optional ones."""
        for name, place in self._header.places.items():
            cell = cells[place] if place < len(cells) else None
            if not isinstance(cell, UncomputedFormula):
                continue
            column = self._source.contract.column(name)
            if column.required:
                return RowIssue("formula_without_result", column, str(cell))
            self._formulas[name].append((number, str(cell)))
            cells[place] = None
        return None

    def _value(self, column: Column, number: int, cells: list[Any], above: dict[str, Any]) -> Any:
        place = self._header.places.get(column.name)
        if place is None:
            return self._month if column.value_from == "title_period" else None
        cell = cells[place] if place < len(cells) else None
        if column.value_from == "title_period":
            return title_period([[cell]]) or cell
        if cell in (None, ""):
            cell = self._merged_value(column, number, place)
        if column.is_filled_down:
            cell = above[column.name] = above.get(column.name) if cell in (None, "") else cell
        value = clean(column, cell, self._units.factor(column.name), epoch=self._epoch)
        if self._is_fraction(column, cell, value):
            self._fractions += 1
            return value * _HUNDRED
        return value

    def _is_fraction(self, column: Column, cell: Any, value: Any) -> bool:
        # A bare 0.85 under a title without % sign; nobody reports less than one per cent.
        if column.unit != "%" or self._units.in_title(column.name) == "%" or not isinstance(cell, _NUMBER):
            return False
        return isinstance(value, Decimal) and 0 < value <= 1

    def _read(self) -> tuple[str, Rows]:
        with self._source.open() as file:
            book = read_book(file, self._source.contract.limits)
        sheet, self._warnings = choose_sheet(
            self._source.contract, self._source.period.month.label, book.sheets
        )
        self._epoch, self._merged = book.epoch, book.merged[sheet.title]
        self._first_cells = dict(sheet.rows)
        return sheet.title, sheet.rows

    def _find_header(self) -> Header:
        header = find_header(self._source.contract, self._cells, self._source.period.month.label)
        if header is None:
            raise UnreadableFileError.of("header_not_found", "no_titles", self.sheet, titles=self._titles())
        return header

    def _merged_value(self, column: Column, number: int, place: int) -> Any:
        """Return what stands in the first cell of the merged area that a cell is in.

        A key or an amount that was merged over several rows is not that of each row.
        """
        if column.is_key or column.logical_type in ("number", "integer"):
            return None
        first = self._merged.first_row(number, place)
        cells = (
            self._first_cells.get(first, []) if first is not None and first > self._header.last_row else []
        )
        return cells[place] if place < len(cells) else None
