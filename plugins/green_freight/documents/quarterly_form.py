"""The national quarterly form as a workbook: its 32 items from the table `quarterly_form`."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from itertools import groupby
from pathlib import Path

from openpyxl.styles import Alignment
from openpyxl.worksheet.worksheet import Worksheet

from green_freight.documents.errors import NothingOfPeriodError
from green_freight.documents.files import document_name, write_document
from green_freight.evidence import contents as text
from green_freight.evidence import sheets
from green_freight.evidence.figures import Publication, choose_publication, read, read_session
from green_freight.labels import label
from green_freight.messages import message
from green_freight.programme import programme
from green_freight.warehouse import Session, Warehouse

TITLE = "城市绿色货运配送示范工程运行情况信息表"
FORM, REASONS = "信息表", "填报说明"
# The form's columns with their widths in characters; row 2 has one statement above each, the last above two.
COLUMNS = {"类别": 16, "序号": 8, "项目": 52, "填报类型": 18, "填报内容": 20, "备注": 26}
_HEADER_ROW, _FIRST_ROW = 3, 4
_REASON_TITLES = ("序号", "项目", "填报内容", "未填报原因", "数据来源与口径")
_REASON_WIDTHS = (6, 44, 16, 24, 60)

_ITEMS = """
select item_no, form_row, category_zh, item_name_zh, value_type_zh, text_value, null_reason_code, meaning_zh,
    quarter_name_zh, as_of_date, is_synthetic
from mart_asof.quarterly_form where city_code = %s and quarter_code = %s order by form_row
"""
_QUARTERS = (
    "select distinct quarter_code from mart_asof.quarterly_form where city_code = %s order by quarter_code"
)


@dataclass(frozen=True)
class Item:
    """One item of the form (a row of `quarterly_form`); `text_value` is empty with a reason."""

    item_no: int
    form_row: int
    category_zh: str
    item_name_zh: str
    value_type_zh: str
    text_value: str | None
    null_reason_code: str | None
    meaning_zh: str
    quarter_name_zh: str
    as_of_date: date
    is_synthetic: bool

    @property
    def reason_zh(self) -> str:
        """Return why the item is empty; nothing where it is not."""
        return label("null_reason", self.null_reason_code).zh if self.null_reason_code else ""


@dataclass(frozen=True)
class Reporter:
    """Who reports: name and telephone, empty where the office writes them by hand."""

    name: str = ""
    telephone: str = ""


@dataclass(frozen=True)
class Form:
    """A form that was written: where, of which publication, with which items."""

    path: Path
    publication: Publication
    items: Sequence[Item]


def write_form(
    warehouse: Warehouse,
    quarter: str,
    output: Path,
    publication_no: int | None = None,
    reporter: Reporter = Reporter(),
) -> Form:
    """Write the form of a quarter (`2024Q2`) as one publication states it, the newest by default.

    Raises NothingOfPeriodError: there is no such quarter; EvidenceError: there is no such publication; PlaceTakenError:
    the file cannot be written.
    """
    with read_session(warehouse, "reader") as session:
        publication = choose_publication(session, publication_no)
        items = _read_items(session, publication, quarter)
    is_synthetic = any(item.is_synthetic for item in items)
    name = document_name(f"{TITLE}_{quarter}", publication, ".xlsx", is_synthetic=is_synthetic)
    content = _workbook(items, publication, reporter, is_synthetic)
    return Form(write_document(output, name, content, publication.published_at), publication, items)


def _read_items(session: Session, publication: Publication, quarter: str) -> list[Item]:
    city = programme().city_code
    items = read(session, Item, _ITEMS, city, quarter)
    if not items:
        there = ", ".join(row[0] for row in session.execute(_QUARTERS, [city])) or "–"
        number = publication.publication_no
        raise NothingOfPeriodError(
            message("no_form_of_quarter", quarter=quarter, publication_no=number, there=there)
        )
    return items


def _workbook(
    items: Sequence[Item], publication: Publication, reporter: Reporter, is_synthetic: bool
) -> bytes:
    book = sheets.new_book()
    [form] = book.worksheets
    form.title = FORM
    _write_form(form, items, reporter, is_synthetic)
    _write_reasons(book.create_sheet(REASONS), items, publication, is_synthetic)
    city = programme().city_name_zh
    book.properties.title, book.properties.creator = TITLE, f"{city}绿色货运数据仓库"
    target = io.BytesIO()
    book.save(target)
    return target.getvalue()


def _write_form(sheet: Worksheet, items: Sequence[Item], reporter: Reporter, is_synthetic: bool) -> None:
    sheets.prepare_pages(sheet, is_synthetic)
    sheet.merge_cells("A1:F1")
    sheet["A1"].value, sheet["A1"].style = TITLE, sheets.TITLE
    sheet["A1"].alignment = Alignment(horizontal="center", vertical="center")
    sheet.row_dimensions[1].height = 32
    plan = programme()
    period = f"{text.day_text(plan.first_day)}至{text.day_text(plan.last_day)}"
    head = (
        f"城市：{plan.city_name_zh}", "", f"示范期：{period}", f"填报人：{reporter.name}",
        f"联系电话：{reporter.telephone}", f"填报季度：{items[0].quarter_name_zh}",
    )  # fmt: skip
    for column, statement in enumerate(head, start=1):
        sheets.put(sheet, 2, column, statement or None, sheets.LABEL)
    sheet.merge_cells("A2:B2")
    sheet.row_dimensions[2].height = 32
    sheets.put_header(sheet, _HEADER_ROW, [*COLUMNS])
    for item in items:
        cells = (
            item.category_zh, str(item.item_no), item.item_name_zh, item.value_type_zh, item.text_value or "",
            item.reason_zh,
        )  # fmt: skip
        for column, value in enumerate(cells, start=1):
            sheets.put(sheet, item.form_row, column, value, sheets.WRAPPED)
        sheet.row_dimensions[item.form_row].height = sheets.height_of(item.item_name_zh, COLUMNS["项目"])
    for _, of_category in groupby(items, key=lambda item: item.category_zh):
        rows = [item.form_row for item in of_category]
        if len(rows) > 1:
            sheet.merge_cells(start_row=rows[0], end_row=rows[-1], start_column=1, end_column=1)
    for letter, width in zip("ABCDEF", COLUMNS.values(), strict=True):
        sheet.column_dimensions[letter].width = width
    sheet.freeze_panes = f"A{_FIRST_ROW}"
    sheet.print_area = f"A1:F{items[-1].form_row}"
    sheet.print_title_rows = f"{_HEADER_ROW}:{_HEADER_ROW}"


def _write_reasons(
    sheet: Worksheet, items: Sequence[Item], publication: Publication, is_synthetic: bool
) -> None:
    sheets.head(sheet, f"{TITLE}：{REASONS}", is_synthetic)
    published = text.minute_text(publication.published_at)
    sheets.put(
        sheet, 3, 1,
        f"{items[0].quarter_name_zh}，统计截止日{text.day_text(items[0].as_of_date)}；"
        f"数据取自第{publication.publication_no}号发布（{published}，程序版本{publication.code_version}）。",
        sheets.WRAPPED,
    )  # fmt: skip
    sheet.merge_cells(start_row=3, end_row=3, start_column=1, end_column=len(_REASON_TITLES))
    sheets.put_header(sheet, 4, _REASON_TITLES)
    for row, item in enumerate(items, start=5):
        values = (
            item.item_no, item.item_name_zh, item.text_value or text.EMPTY, item.reason_zh, item.meaning_zh,
        )  # fmt: skip
        for column, value in enumerate(values, start=1):
            sheets.put(sheet, row, column, value, sheets.WRAPPED)
        sheet.row_dimensions[row].height = max(
            sheets.height_of(item.meaning_zh, _REASON_WIDTHS[4]),
            sheets.height_of(item.item_name_zh, _REASON_WIDTHS[1]),
        )
    for letter, width in zip("ABCDE", _REASON_WIDTHS, strict=True):
        sheet.column_dimensions[letter].width = width
    sheet.freeze_panes = "A5"
    sheet.print_title_rows = "4:4"
