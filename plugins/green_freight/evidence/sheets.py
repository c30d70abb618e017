"""How the sheets of a pack look: titles, tables, widths, and cells that take any text as text."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Sequence
from typing import Any

from openpyxl import Workbook
from openpyxl.cell import Cell
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE
from openpyxl.styles import Alignment, Border, Font, NamedStyle, PatternFill, Side
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.header_footer import HeaderFooterItem
from openpyxl.worksheet.properties import PageSetupProperties
from openpyxl.worksheet.worksheet import Worksheet

from green_freight.evidence.contents import SYNTHETIC_SENTENCE
from green_freight.exports import is_like_a_formula

_TEXT_LIMIT = 32_767
_WIDEST = 46
_RED = "C00000"
_LINE = Side(style="thin", color="808080")
_BOX = Border(left=_LINE, right=_LINE, top=_LINE, bottom=_LINE)

# The names under which Excel lists them. Named, because styling cell by cell takes ten times as long.
TITLE, WARNING, HEADER, BODY, LABEL, LONG, WRAPPED, LINK = (
    "佐证标题", "佐证警示", "佐证表头", "佐证正文", "佐证标签", "佐证长文", "佐证段落", "佐证链接",
)  # fmt: skip


def new_book() -> Workbook:
    """Return a workbook with one sheet and the styles of a pack."""
    book = Workbook()
    top = Alignment(vertical="top")
    centred = Alignment(horizontal="center", vertical="center", wrap_text=True)
    wrapped = Alignment(vertical="top", wrap_text=True)
    # Long text stays within its cell, whatever is beside it.
    clipped = Alignment(vertical="top", horizontal="fill")
    for style in (
        NamedStyle(TITLE, Font(name="黑体", size=15)),
        NamedStyle(WARNING, Font(name="黑体", size=12, color=_RED)),
        NamedStyle(HEADER, Font(name="黑体", size=10), PatternFill("solid", fgColor="DDE8DD"), _BOX, centred),
        NamedStyle(BODY, Font(name="宋体", size=10), border=_BOX, alignment=top),
        NamedStyle(LABEL, Font(name="宋体", size=10, bold=True), border=_BOX, alignment=wrapped),
        NamedStyle(LONG, Font(name="宋体", size=10), border=_BOX, alignment=clipped),
        NamedStyle(WRAPPED, Font(name="宋体", size=10), border=_BOX, alignment=wrapped),
        NamedStyle(LINK, Font(name="宋体", size=10, color="0563C1", underline="single"), border=_BOX),
    ):
        book.add_named_style(style)
    return book


def head(sheet: Worksheet, title: str, is_synthetic: bool) -> None:
    """Write a sheet's title, and below it, where that is so, that all of it is synthetic."""
    sheet["A1"].value, sheet["A1"].style = title, TITLE
    sheet.row_dimensions[1].height = 24
    if is_synthetic:
        sheet["A2"].value, sheet["A2"].style = SYNTHETIC_SENTENCE, WARNING
        sheet.row_dimensions[2].height = 20
    prepare_pages(sheet, is_synthetic)


def prepare_pages(sheet: Worksheet, is_synthetic: bool) -> None:
    """Let a sheet be printed on A4, as wide as the page, numbered, each page saying where its data are synthetic."""
    if is_synthetic:
        _print_on_each_page(sheet.oddHeader, SYNTHETIC_SENTENCE)
    _print_on_each_page(sheet.oddFooter, "— &P —")
    sheet.page_setup.orientation, sheet.page_setup.paperSize = "landscape", Worksheet.PAPERSIZE_A4
    sheet.page_setup.fitToWidth, sheet.page_setup.fitToHeight = 1, 0
    sheet.sheet_properties.pageSetUpPr = PageSetupProperties(fitToPage=True)


def put(sheet: Worksheet, row: int, column: int, value: Any, style: str = BODY) -> Cell:
    """Write a value into a cell: text stays text, also where Excel would take it for a formula."""
    cell = _cell(sheet, row, column)
    if not isinstance(value, str):
        cell.value, cell.style = value, style
        return cell
    text = ILLEGAL_CHARACTERS_RE.sub("\ufffd", value)[:_TEXT_LIMIT]
    cell.value, cell.data_type = text, "s"
    cell.style = LONG if style == BODY and len(text) > _WIDEST else style
    if is_like_a_formula(value):
        # As the apostrophe that one types: editing the cell does not make it a formula either.
        cell.quotePrefix = True
    return cell


def put_formula(sheet: Worksheet, row: int, column: int, formula: str) -> Cell:
    """Write a formula into a cell."""
    cell = _cell(sheet, row, column)
    cell.value, cell.style = formula, LABEL
    return cell


def put_header(sheet: Worksheet, row: int, titles: Sequence[str]) -> None:
    """Write a table's header."""
    for place, title in enumerate(titles, start=1):
        sheet.cell(row, place, title).style = HEADER


def put_table(sheet: Worksheet, row: int, titles: Sequence[str], rows: Iterable[Sequence[Any]]) -> int:
    """Write header and rows from a row on and return the last row's number."""
    put_header(sheet, row, titles)
    for values in rows:
        row += 1
        for place, value in enumerate(values, start=1):
            put(sheet, row, place, value)
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


def _print_on_each_page(place: HeaderFooterItem | None, text: str) -> None:
    assert place is not None, "a new sheet has both"
    place.center.text = text


def _cell(sheet: Worksheet, row: int, column: int) -> Cell:
    cell = sheet.cell(row, column)
    assert isinstance(cell, Cell), "a merged cell holds nothing"
    return cell


def _width(value: Any) -> int:
    return _columns("" if value is None else str(value)[: _WIDEST * 2])


def _columns(text: str) -> int:
    return sum(2 if unicodedata.east_asian_width(sign) in "WFA" else 1 for sign in text)
