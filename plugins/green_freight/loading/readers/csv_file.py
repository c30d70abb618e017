"""The postal administration's CSV files: strict UTF-8 (a BOM is allowed), else GB18030; header found by its titles.

UTF-8 comes first because half of all random Chinese UTF-8 strings decode as GB18030 without an error, the other
way 0.2 % do. GBK is never tried: it is a part of GB18030 and garbles the rest.
"""

from __future__ import annotations

import codecs
import contextlib
import csv
import io
import re
from collections.abc import Iterator, Sequence
from functools import cached_property
from itertools import islice

from green_freight.file_kinds import kind_of
from green_freight.loading.cell_values import ColumnCells
from green_freight.loading.outcomes import LoadWarning, RowIssue, SourceRow, UnreadableFileError
from green_freight.loading.readers import Source
from green_freight.loading.readers.headers import SEARCHED_ROWS, Header, find_header
from green_freight.loading.readers.quotes import swallowed_lines
from green_freight.loading.readers.table_rows import RowSorter, TableReading
from green_freight.loading.readers.units import Units

ENCODINGS = ("utf-8-sig", "gb18030")
_DELIMITERS = (",", "\t", ";", "，")
_CHUNK_BYTES = 1 << 20
_UNIT = re.compile(r"单\s*位")

Line = tuple[int, list[str]]


class CsvReading(TableReading):
    """Reads a CSV file row by row; a row's number is the line on which it begins."""

    def __init__(self, source: Source) -> None:
        self._source = source
        _check_kind(source)
        self._encoding = encoding_of(source)
        self._delimiter, self._header = self._best_header()
        first = self._first_lines(self._delimiter)
        above = [cells for number, cells in first if number < self._header.first_row]
        lines = first if self._header.unit_place() is None else self._lines(self._delimiter)
        below = [cells for number, cells in lines if number > self._header.last_row]
        self._check_period(above)
        self._warnings = self._header.check(source.contract, None)
        self._units = Units(source.contract, self._header, above, [*below, *self._unit_lines()])
        self._sorter = RowSorter(source.contract, self._header, self._units.factor)

    def _rows(self) -> Iterator[SourceRow]:
        header = self._header
        width = len(header.titles)
        columns = [
            (header.places[column.name], ColumnCells(column, self._units.factor(column.name)))
            if column.name in header.places
            else None
            for column in self._source.contract.columns
        ]
        for number, cells in self._lines(self._delimiter):
            if number <= header.last_row:
                continue
            if lines := swallowed_lines(cells, self._delimiter, width):
                fault = RowIssue("stray_quote", None, cells, {"first": number})
                yield from (SourceRow(number + at, [], line, fault) for at, line in enumerate(lines))
                continue
            if self._sorter.kind(number, cells) != "data":
                continue
            if len(cells) < width and self._may_lack(number, len(cells)):
                cells += [""] * (width - len(cells))
            if len(cells) != width and (len(cells) < width or any(cells[width:])):
                counts = {"count": len(cells), "width": width}
                yield SourceRow(number, [], cells, RowIssue("wrong_field_count", None, len(cells), counts))
                continue
            values = [None if column is None else column[1][cells[column[0]]] for column in columns]
            yield SourceRow(number, values, dict(zip(header.titles, cells, strict=False)))

    def warnings(self) -> list[LoadWarning]:
        found = [*self._warnings, *self._units.warnings, *self._sorter.warnings()]
        if self._encoding != ENCODINGS[0]:
            found.append(LoadWarning.of("encoding"))
        return found

    def _may_lack(self, number: int, found: int) -> bool:
        """Tell whether a row may end before its last cells: they may be empty, and the row was not cut off.

        Spreadsheets leave out the separators of empty cells at the end of a row.
        """
        lacking = [name for name, place in self._header.places.items() if place >= found]
        contract = self._source.contract
        if any(contract.column(name).required or contract.column(name).is_key for name in lacking):
            return False
        return self._is_whole or number != self._last_line

    @cached_property
    def _is_whole(self) -> bool:
        """Tell whether the file ends with a line end."""
        with self._source.open() as file:
            file.seek(-1, io.SEEK_END)
            return file.read(1) in b"\r\n"

    @cached_property
    def _last_line(self) -> int:
        """Return the number of the line on which the last row begins."""
        return max((number for number, _ in self._lines(self._delimiter)), default=0)

    def _best_header(self) -> tuple[str, Header]:
        best: tuple[str, Header] | None = None
        for delimiter in _DELIMITERS:
            month = self._source.period.month.label
            found = find_header(self._source.contract, self._first_lines(delimiter), month)
            if found and (best is None or found.rank > best[1].rank):
                best = delimiter, found
            if best and not best[1].missing(self._source.contract):
                break
        if best is None:
            titles = self._titles()
            raise UnreadableFileError.of(
                "header_not_found", "no_titles_in_rows", rows=SEARCHED_ROWS, titles=titles
            )
        return best

    def _first_lines(self, delimiter: str) -> list[Line]:
        found: list[Line] = []
        # A fault below the header is reported when the rows are read with the right delimiter.
        with contextlib.suppress(UnreadableFileError):
            found.extend(islice(self._lines(delimiter), SEARCHED_ROWS))
        return found

    def _unit_lines(self) -> list[list[str]]:
        """Return the notes below the table that name a unit; searched as text, because few files have any."""
        lines = islice(filter(_UNIT.search, self._text_lines()), SEARCHED_ROWS)
        return [line.split(self._delimiter) for line in lines]

    def _lines(self, delimiter: str) -> Iterator[Line]:
        limits = self._source.contract.limits
        number, length, cell_count = 1, 0, 0

        def lines_of_row() -> Iterator[str]:
            # A row may have many lines, between quotes.
            nonlocal length
            for line in self._text_lines():
                length += len(line)
                limits.check("text_bytes", length, row=number)
                yield line

        reader = csv.reader(lines_of_row(), delimiter=delimiter, strict=True)
        try:
            for count, cells in enumerate(reader, start=1):
                length, cell_count = 0, cell_count + len(cells)
                if len(cells) > limits.columns:
                    limits.check("columns", _width(cells), row=number)
                limits.check("cells", cell_count, row=number)
                limits.check("rows", count, row=number)
                yield number, [cell.strip() for cell in cells]
                number = reader.line_num + 1
        except csv.Error as error:
            raise UnreadableFileError.of("unreadable_file", "no_csv", line=number, error=error) from error

    def _text_lines(self) -> Iterator[str]:
        limits = self._source.contract.limits
        with self._source.open() as file, io.TextIOWrapper(file, self._encoding, newline="") as text:
            number = 0
            while line := text.readline(limits.text_bytes + 1):
                number += 1
                if len(line) > limits.text_bytes:
                    limits.check("text_bytes", len(line), row=number)
                yield line


def _width(cells: Sequence[str]) -> int:
    """Return the place of the last filled cell."""
    return max((place for place, cell in enumerate(cells, start=1) if cell.strip()), default=0)


def _check_kind(source: Source) -> None:
    """Raise UnreadableFileError for what is no text at all, or a page or workbook under a wrong name."""
    with source.open() as file:
        kind = kind_of(file)
    if kind.code not in ("text", "empty", "unknown"):
        raise UnreadableFileError.of_kind(kind, ".csv")


def encoding_of(source: Source) -> str:
    """Return the first of ENCODINGS in which the whole file decodes; UnreadableFileError where none does."""
    faults = []
    for encoding in ENCODINGS:
        try:
            _decode(source, encoding)
            return encoding
        except UnicodeDecodeError as error:
            faults.append(f"{encoding}: {error.reason}")
    raise UnreadableFileError("wrong_encoding", "; ".join(faults))


def _decode(source: Source, encoding: str) -> None:
    decoder = codecs.getincrementaldecoder(encoding)("strict")
    is_empty = True
    with source.open() as file:
        while chunk := file.read(_CHUNK_BYTES):
            is_empty = False
            decoder.decode(chunk)
        decoder.decode(b"", final=True)
    if is_empty:
        raise UnreadableFileError.of("unreadable_file", "empty")
