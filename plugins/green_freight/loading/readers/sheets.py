"""A workbook opened: its sheets' filled rows, their merged areas, and the day from which its dates are counted."""

from __future__ import annotations

import io
import re
import warnings
import zipfile
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any, BinaryIO

from openpyxl import load_workbook
from openpyxl.utils import range_boundaries

from green_freight.file_kinds import kind_of
from green_freight.loading.number_formats import shown_number
from green_freight.loading.outcomes import UnreadableFileError
from green_freight.loading.readers.formulas import with_uncomputed
from green_freight.loading.readers.sheet_choice import Rows, Sheet

# Excel's own last row. A cell that claims to lie below it would be reached over as many empty rows as it says.
LAST_ROW = 1_048_576

_MERGED = re.compile(rb"<(?:\w+:)?mergeCell\s[^>]*?ref=\"([A-Z]+\d+:[A-Z]+\d+)\"")
_BLOCK_BYTES = 1 << 18
# Namespaces of "Strict Open XML" and the usual ones, which alone openpyxl reads; the parts are the same.
_STRICT = (
    (
        b"http://purl.oclc.org/ooxml/spreadsheetml/main",
        b"http://schemas.openxmlformats.org/spreadsheetml/2006/main",
    ),
    (
        b"http://purl.oclc.org/ooxml/officeDocument/relationships",
        b"http://schemas.openxmlformats.org/officeDocument/2006/relationships",
    ),
)


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


def read_book(file: BinaryIO) -> Book:
    """Return what a workbook holds; UnreadableFileError where it is none, damaged, or has a cell where none can be."""
    kind = kind_of(file)
    if kind.code not in ("workbook", "strict_workbook"):
        raise UnreadableFileError.of_kind(kind, ".xlsx")
    try:
        # openpyxl warns of styles and extensions that it drops; none of them holds data.
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            book = load_workbook(
                _transitional(file) if kind.code == "strict_workbook" else file,
                read_only=True,
                data_only=True,
            )
            sheets = [
                Sheet(sheet.title, _rows_of(book, sheet), sheet.sheet_state != "visible")
                for sheet in book.worksheets
            ]
            merged = {sheet.title: MergedAreas(_merged_references(book, sheet)) for sheet in book.worksheets}
            return Book(sheets, merged, book.epoch.date())
    except (MemoryError, UnreadableFileError):
        raise
    # zip, XML and openpyxl each raise their own for a damaged workbook, KeyError and TypeError among them.
    except Exception as error:
        detail = f"{type(error).__name__}: {error}"
        raise UnreadableFileError.of("unreadable_file", "no_workbook", error=detail) from error


def _transitional(strict: BinaryIO) -> BinaryIO:
    """Return a workbook of the strict format in the usual one."""
    target = io.BytesIO()
    with zipfile.ZipFile(strict) as before, zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as after:
        for entry in before.infolist():
            content = before.read(entry)
            if entry.filename.endswith((".xml", ".rels")):
                for old, new in _STRICT:
                    content = content.replace(old, new)
            after.writestr(entry.filename, content)
    return target


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


def _rows_of(book: Any, sheet: Any) -> Rows:
    with book._archive.open(sheet._worksheet_path) as part:
        return with_uncomputed(_filled_rows(sheet), part)


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
    if isinstance(value, bool) or not isinstance(value, int | float):
        return value
    return shown_number(value, cell.number_format)
