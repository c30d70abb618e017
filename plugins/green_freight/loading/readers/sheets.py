"""A workbook opened: its sheets' filled rows, their merged areas, and the day from which its dates are counted."""

from __future__ import annotations

import io
import re
import warnings
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date
from operator import itemgetter
from typing import Any, BinaryIO
from xml.etree.ElementTree import iterparse  # nosec B405

from openpyxl import load_workbook
from openpyxl.cell.read_only import ReadOnlyCell
from openpyxl.utils import range_boundaries
from openpyxl.worksheet._reader import ROW_TAG, WorkSheetParser

from green_freight.file_kinds import kind_of
from green_freight.landing import sha256_of
from green_freight.limits import LimitError, Limits
from green_freight.loading.number_formats import shown_number
from green_freight.loading.outcomes import UnreadableFileError
from green_freight.loading.readers.formulas import with_uncomputed
from green_freight.loading.readers.sheet_choice import Rows, Sheet
from green_freight.loading.readers.workbook_parts import bounded_copy

# Excel's own last row. A cell that claims to lie below it would be reached over as many empty rows as it says.
LAST_ROW = 1_048_576

_MERGED = re.compile(rb"<(?:\w+:)?mergeCell\s[^>]*?ref=\"([A-Z]+\d+:[A-Z]+\d+)\"")
_BLOCK_BYTES = 1 << 18


class MergedAreas:
    """The areas of a sheet that were merged over several rows: what stands in their first cell counts for each row."""

    def __init__(self, references: Iterator[str]) -> None:
        areas: defaultdict[int, list[tuple[int, int]]] = defaultdict(list)
        for reference in references:
            column, first, _, last = range_boundaries(reference)
            # The cells right of the first one belong to other columns.
            if column is not None and first is not None and last is not None and last > first:
                areas[column - 1].append((first, last))
        self._areas = {place: sorted(found) for place, found in areas.items()}

    def first_row(self, number: int, place: int) -> int | None:
        """Return the first row of the area that holds a cell below its first one, None where no area does."""
        areas = self._areas.get(place)
        if not areas:
            return None
        first, last = areas[max(0, bisect_right(areas, (number, 0)) - 1)]
        return first if first < number <= last else None


@dataclass(frozen=True)
class Book:
    """The sheets of a workbook in their order, their merged areas by title, and day 0 of its serial days."""

    sheets: list[Sheet]
    merged: dict[str, MergedAreas]
    epoch: date

    def copy(self) -> Book:
        """Return the same book with rows of its own."""
        sheets = [
            replace(sheet, rows=[(number, list(cells)) for number, cells in sheet.rows])
            for sheet in self.sheets
        ]
        return replace(self, sheets=sheets)


# The last workbook, as long as it is small: its datasets are loaded one after another.
_last: dict[tuple[str, Limits], Book] = {}
_LARGEST_KEPT_BYTES = 1 << 20


def read_book(file: BinaryIO, limits: Limits) -> Book:
    """Return what a workbook holds; the caller may change its rows.

    Raises UnreadableFileError where it is none, damaged, or has a cell where none can be; LimitError.
    """
    key = (sha256_of(file), limits)
    size = file.seek(0, io.SEEK_END)
    file.seek(0)
    if key not in _last:
        book = _read(file, limits)
        if size > _LARGEST_KEPT_BYTES:
            return book
        _last.clear()
        _last[key] = book
    return _last[key].copy()


def _read(file: BinaryIO, limits: Limits) -> Book:
    kind = kind_of(file)
    if kind.code not in ("workbook", "strict_workbook"):
        raise UnreadableFileError.of_kind(kind, ".xlsx")
    try:
        # openpyxl warns of styles and extensions that it drops; none of them holds data.
        with warnings.catch_warnings(), bounded_copy(file, limits) as parts:
            warnings.simplefilter("ignore")
            book = load_workbook(parts, read_only=True, data_only=True)
            cells = _Cells(book, limits)
            sheets = [
                Sheet(sheet.title, cells.rows_of(sheet), sheet.sheet_state != "visible")
                for sheet in book.worksheets
            ]
            merged = {sheet.title: MergedAreas(_merged_references(book, sheet)) for sheet in book.worksheets}
            return Book(sheets, merged, book.epoch.date())
    except (MemoryError, LimitError, UnreadableFileError):
        raise
    # zip, XML and openpyxl each raise their own for a damaged workbook, KeyError and TypeError among them.
    except Exception as error:
        detail = f"{type(error).__name__}: {error}"
        raise UnreadableFileError.of("unreadable_file", "no_workbook", error=detail) from error


def _merged_references(book: Any, sheet: Any) -> Iterator[str]:
    # openpyxl reads them only where it keeps a whole sheet in memory.
    rest = b""
    with book._archive.open(sheet._worksheet_path) as part:
        while block := part.read(_BLOCK_BYTES):
            text = rest + block
            end = 0
            for found in _MERGED.finditer(text):
                end = found.end()
                yield found[1].decode()
            rest = text[max(end, len(text) - 200) :]


class _Cells:
    """Reads the filled rows of a workbook's sheets and counts what they hold."""

    def __init__(self, book: Any, limits: Limits) -> None:
        self._book, self._limits = book, limits
        self._formats: dict[int, str | None] = {}
        self._cells = 0

    def rows_of(self, sheet: Any) -> Rows:
        """Return the filled rows of a sheet in their order, the formulas without a result among them."""
        with self._book._archive.open(sheet._worksheet_path) as part:
            rows = self._filled_rows(sheet, part)
        with self._book._archive.open(sheet._worksheet_path) as part:
            return with_uncomputed(rows, part)

    def _filled_rows(self, sheet: Any, part: BinaryIO) -> Rows:
        # The library's own iteration fills every gap: one cell far below or far right would cost all that lie between.
        parser: Any = WorkSheetParser(
            part,
            sheet._shared_strings,
            data_only=True,
            epoch=self._book.epoch,
            date_formats=self._book._date_formats,
            timedelta_formats=self._book._timedelta_formats,
        )
        found: Rows = []
        # Only rows are read, by a parser in C: parts that declare entities were refused before (workbook_parts).
        for _, element in iterparse(part):  # nosec B314
            if element.tag != ROW_TAG:
                continue
            number, row = parser.parse_row(element)
            element.clear()
            filled = [cell for cell in row if cell["value"] not in (None, "")]
            if not filled:
                continue
            width = max(cell["column"] for cell in filled)
            if not 1 <= number <= LAST_ROW:
                raise UnreadableFileError.of("unreadable_file", "beyond_last_row", sheet.title, last=LAST_ROW)
            self._cells += len(filled)
            for name, count in (("columns", width), ("cells", self._cells), ("rows", len(found) + 1)):
                self._limits.check(name, count, sheet=sheet.title, row=number)
            cells: list[Any] = [None] * width
            for cell in filled:
                cells[cell["column"] - 1] = self._value(sheet, cell, number)
            if any(cell is not None and cell != "" for cell in cells):
                found.append((number, cells))
        return sorted(found, key=itemgetter(0))

    def _value(self, sheet: Any, cell: dict[str, Any], number: int) -> Any:
        value = cell["value"]
        if isinstance(value, str):
            self._limits.check("text_bytes", len(value), sheet=sheet.title, row=number)
            return value.strip()
        if isinstance(value, bool) or not isinstance(value, int | float):
            return value
        style = cell["style_id"]
        if style not in self._formats:
            self._formats[style] = ReadOnlyCell(sheet, **cell).number_format
        return shown_number(value, self._formats[style])
