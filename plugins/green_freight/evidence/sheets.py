"""How the sheets of a pack look: titles, tables, widths, and cells that take any text as text."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from typing import Any

from openpyxl.cell import Cell
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE
from openpyxl.styles import Alignment, Border, Font, PatternFill, Side
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.properties import PageSetupProperties
from openpyxl.worksheet.worksheet import Worksheet

from green_freight.evidence import words

_TEXT_LIMIT = 32_767
_WIDEST = 46
_LINE = Side(style="thin", color="808080")
_BOX = Border(left=_LINE, right=_LINE, top=_LINE, bottom=_LINE)
_HEADER = PatternFill("solid", fgColor="DDE8DD")
_TITLE_FONT = Font(name="黑体", size=15)
_HEADER_FONT = Font(name="黑体", size=10)
_BODY_FONT = Font(name="宋体", size=10)
LABEL_FONT = Font(name="宋体", size=10, bold=True)
_WARNING_FONT = Font(name="黑体", size=12, color="C00000")
_WRAPPED = Alignment(vertical="top", wrap_text=True)
_PLAIN = Alignment(vertical="top")
# Long text stays within its cell, whatever is beside it.
_CLIPPED = Alignment(vertical="top", horizontal="fill")
_FORMULA = re.compile(r"^[=+\-@]")


def head(sheet: Worksheet, title: str, is_synthetic: bool) -> None:
    """Write a sheet's title, and below it, where that is so, that all of it is synthetic."""
    sheet["A1"].value, sheet["A1"].font = title, _TITLE_FONT
    sheet.row_dimensions[1].height = 24
    if is_synthetic:
        sheet["A2"].value, sheet["A2"].font = words.SYNTHETIC_SENTENCE, _WARNING_FONT
        sheet.row_dimensions[2].height = 20
        sheet.oddHeader.center.text = words.SYNTHETIC_SENTENCE
    sheet.oddFooter.center.text = "— &P —"
    sheet.page_setup.orientation, sheet.page_setup.paperSize = "landscape", Worksheet.PAPERSIZE_A4
    sheet.page_setup.fitToWidth, sheet.page_setup.fitToHeight = 1, 0
    sheet.sheet_properties.pageSetUpPr = PageSetupProperties(fitToPage=True)


def put(cell: Cell, value: Any, *, is_label: bool = False, is_wrapped: bool = False) -> Cell:
    """Write a value into a cell with a border: text stays text, also where Excel would take it for a formula."""
    if isinstance(value, str):
        value = ILLEGAL_CHARACTERS_RE.sub("\ufffd", value)[:_TEXT_LIMIT]
    cell.value = value
    if isinstance(value, str):
        cell.data_type = "s"
        # The apostrophe that Excel shows for text, so that editing the cell does not make it a formula either.
        cell.quotePrefix = bool(_FORMULA.match(value))
    cell.font = LABEL_FONT if is_label else _BODY_FONT
    is_long = isinstance(value, str) and len(value) > _WIDEST
    cell.alignment = _WRAPPED if is_wrapped else _CLIPPED if is_long else _PLAIN
    cell.border = _BOX
    return cell


def put_formula(cell: Cell, formula: str) -> Cell:
    """Write a formula of ours into a cell with a border."""
    cell.value, cell.font, cell.alignment, cell.border = formula, LABEL_FONT, _PLAIN, _BOX
    return cell


def put_header(sheet: Worksheet, row: int, titles: Sequence[str], first_column: int = 1) -> None:
    """Write a table's header."""
    for place, title in enumerate(titles, start=first_column):
        cell = sheet.cell(row, place, title)
        cell.font, cell.fill, cell.border = _HEADER_FONT, _HEADER, _BOX
        cell.alignment = Alignment(horizontal="center", vertical="center", wrap_text=True)


def put_table(sheet: Worksheet, row: int, titles: Sequence[str], rows: Iterable[Sequence[Any]]) -> int:
    """Write header and rows from a row on and return the last row's number."""
    put_header(sheet, row, titles)
    for values in rows:
        row += 1
        for place, value in enumerate(values, start=1):
            put(sheet.cell(row, place), value)
    return row


def fit(sheet: Worksheet, titles: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """Give each column the width of its longest value, up to a limit; a Chinese character takes two."""
    widths = [_width(title) + 2 for title in titles]
    for values in rows:
        widths = [max(known, _width(value)) for known, value in zip(widths, values, strict=True)]
    for place, width in enumerate(widths, start=1):
        sheet.column_dimensions[get_column_letter(place)].width = min(width + 2, _WIDEST)


def height_of(text: str, width: int) -> float:
    """Return the height in points of text that is wrapped in a cell of a width in characters."""
    return 15.0 * max(1, -(-_columns(text) // (width - 2)))


def _width(value: Any) -> int:
    return _columns("" if value is None else str(value)[: _WIDEST * 2])


def _columns(text: str) -> int:
    return sum(2 if unicodedata.east_asian_width(sign) in "WFA" else 1 for sign in text)
