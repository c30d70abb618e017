"""The data dictionary of open files as a workbook and as a page: tables, columns, codes with their labels."""

from __future__ import annotations

import io
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from green_freight.evidence import sheets
from green_freight.evidence.archive import without_clock
from green_freight.evidence.contents import SYNTHETIC_SENTENCE

if TYPE_CHECKING:
    from green_freight.documents.open_files import OpenTable

TABLES, COLUMNS, LABELS = "表 Tables", "列 Columns", "代码 Codes"
_TEMPLATES = Environment(
    loader=FileSystemLoader(Path(__file__).parent / "templates"),
    undefined=StrictUndefined,
    autoescape=True,
    trim_blocks=True,
    lstrip_blocks=True,
)


def workbook(
    tables: Sequence[OpenTable],
    codes: Sequence[tuple[str, ...]],
    title: str,
    moment: datetime,
    is_synthetic: bool,
) -> bytes:
    """Return the dictionary as a workbook dated `moment`; `codes` are kind, code and labels, a row each."""
    book = sheets.new_book()
    listed: dict[str, tuple[Sequence[str], Sequence[Sequence[str]], Sequence[int]]] = {
        TABLES: (
            ("表 table", "含义 meaning", "主键 key", "按月 monthly"),
            [
                (table.name, table.description, ", ".join(table.key), table.month_column or "")
                for table in tables
            ],
            (30, 90, 44, 20),
        ),
        COLUMNS: (
            ("表 table", "列 column", "类型 type", "必填 required", "含义 meaning"),
            [
                (
                    table.name,
                    column.name,
                    column.type,
                    "是 yes" if column.is_required else "",
                    column.description,
                )
                for table in tables
                for column in table.columns
            ],
            (30, 30, 24, 14, 90),
        ),
        LABELS: (("种类 kind", "代码 code", "中文", "English"), codes, (22, 22, 30, 40)),
    }
    for number, (name, (titles, rows, widths)) in enumerate(listed.items()):
        sheet = book.create_sheet(name) if number else book.worksheets[0]
        sheet.title = name
        sheets.head(sheet, f"{title}：{name}", is_synthetic)
        last = sheets.put_table(sheet, 4, titles, rows)
        for place, width in enumerate(widths):
            sheet.column_dimensions["ABCDE"[place]].width = width
        sheet.freeze_panes, sheet.print_title_rows = "A5", "4:4"
        sheet.auto_filter.ref = f"A4:{'ABCDE'[len(titles) - 1]}{last}"
    book.properties.title = title
    target = io.BytesIO()
    book.save(target)
    return without_clock(target.getvalue(), moment)


def page(
    tables: Sequence[OpenTable], codes: Sequence[tuple[str, ...]], title: str, is_synthetic: bool
) -> bytes:
    """Return the dictionary as a page of HTML that loads nothing."""
    origin = SYNTHETIC_SENTENCE if is_synthetic else ""
    template = _TEMPLATES.get_template("data_dictionary.html.j2")
    return template.render(tables=tables, title=title, origin=origin, labels=codes).encode()
