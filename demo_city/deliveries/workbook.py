"""A monthly workbook, the way people fill such a form in; its columns follow from the contracts.

Title and note above the tables, headers over two rows with merged cells, merged cells over their rows, subtotal and
total rows, numbers that are text, percentages, Chinese dates, tonnes in most months and kilograms in some.
"""

from __future__ import annotations

import io
import re
import unicodedata
import zipfile
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from itertools import groupby
from typing import Any

from green_freight.contracts import Column, contract
from openpyxl import Workbook
from openpyxl.styles import Alignment, Font
from openpyxl.worksheet.worksheet import Worksheet

from demo_city.contract_facts import form_columns
from demo_city.defects.contract_defects import full_width_text
from demo_city.deliveries.editions import ColumnChange, Edition
from demo_city.versioned_register import Row

KILOGRAMS = 1000
_CENTRE = Alignment(horizontal="center", vertical="center", wrap_text=True)
_BOLD = Font(bold=True)
_FULL_WIDTH_DIGITS = tuple("０１２３４５６７８９")
_ZIP_MOMENT = (2023, 1, 1, 0, 0, 0)
# What people write other than a column's standard name; a pair is a title under one that neighbours share.
TITLES: dict[tuple[str, str], str | tuple[str, str]] = {
    ("commerce_store_delivery", "district_name"): "区县",
    ("commerce_store_delivery", "store_kind_code"): "业态",
    ("commerce_store_delivery", "joint_tonnes"): ("其中", "共同配送"),
    ("commerce_store_delivery", "night_tonnes"): ("其中", "夜间配送"),
    ("commerce_store_delivery", "joint_night_tonnes"): ("其中", "共同且夜间配送"),
    ("commerce_cold_chain_enterprise", "cold_storage_m3"): ("冷链设施", "冷库容积（立方米）"),
    ("commerce_cold_chain_enterprise", "refrigerated_vehicle_count"): ("冷链设施", "冷藏车数量（辆）"),
}


def report_bytes(
    edition: Edition,
    sheets: Mapping[str, list[Row]],
    change_of: Callable[[str, Edition], ColumnChange | None],
) -> bytes:
    """Return the workbook of one edition; `sheets` holds rows with the contract's names by dataset."""
    book = Workbook()
    book.remove(book.worksheets[0])
    for dataset, rows in sheets.items():
        sheet = book.create_sheet(contract(dataset).sheet_names[0])
        _Sheet(sheet, dataset, edition, change_of(dataset, edition)).write(rows)
    return _repacked(book, edition)


class _Sheet:
    """One sheet: where its columns are, and how a row gets into its cells."""

    def __init__(self, sheet: Worksheet, dataset: str, edition: Edition, change: ColumnChange | None) -> None:
        self._sheet, self._edition, self._change = sheet, edition, change
        self._columns = {column.name: column for column in form_columns(dataset)}
        titles: dict[str, Any] = {
            name: TITLES.get((dataset, name), column.source_names[0])
            for name, column in self._columns.items()
        }
        self._titles = change.titles(titles) if change else titles
        # quantities are added up in total rows, percentages are not
        self._additive = [
            c.name
            for c in self._columns.values()
            if c.logical_type in ("number", "integer") and c.unit != "%"
        ]
        self._merged = [name for name, column in self._columns.items() if column.is_filled_down]
        self._has_tonnes = any(column.unit == "t" for column in self._columns.values())
        # some months are filled in in kilograms
        self._factor = KILOGRAMS if edition.month.month in (4, 8, 11) else 1

    def write(self, rows: list[Row]) -> None:
        """Write the head, the titles and the rows, with totals of what can be added up."""
        self._write_head()
        at = self._write_titles(4 if self._edition.month.month % 4 == 2 else 3)
        rows = [self._change.row(row) for row in rows] if self._change else rows
        below = self._write_groups(rows, at, self._merged[0]) if self._merged else self._write_rows(rows, at)
        if self._additive and rows:
            self._write_sums("合计", rows, below)

    def _write_head(self) -> None:
        month, filled_in = self._edition.month, self._edition.delivered_at
        subject = f"（{self._sheet.title}）{month.year}年{month.month:02d}月"
        self._merge(1, 1, 1, len(self._titles), f"连云港市城市配送月报{subject}（演示数据）")
        self._sheet.cell(1, 1).font = Font(bold=True, size=16)
        unit = "千克" if self._factor == KILOGRAMS else "吨"
        note = f"单位：{unit}" if self._has_tonnes else "注：仅列本市备案企业"
        on = f"{filled_in.year}年{filled_in.month}月{filled_in.day}日"
        self._merge(2, 1, 2, len(self._titles), f"{note}    填报单位：连云港市商务局    填报日期：{on}")

    def _write_titles(self, row: int) -> int:
        """Write the two header rows from `row` on; return the first row below them."""
        column = 1
        for is_shared, group in groupby(
            self._titles.values(), key=lambda t: t[0] if isinstance(t, tuple) else t
        ):
            titles = list(group)
            if not isinstance(titles[0], tuple):
                self._merge(row, column, row + 1, column, is_shared)
            else:
                self._merge(row, column, row, column + len(titles) - 1, is_shared)
                for offset, (_, lower) in enumerate(titles):
                    self._sheet.cell(row + 1, column + offset, lower).alignment = _CENTRE
            column += len(titles)
        return row + 2

    def _write_groups(self, rows: list[Row], at: int, name: str) -> int:
        """Write the rows below each other by the merged column, a subtotal below each group."""
        key = next(column.name for column in self._columns.values() if column.is_key)
        ordered = sorted(rows, key=lambda row: (str(row.get(name)), str(row[key])))
        for value, group in groupby(ordered, key=lambda row: row.get(name)):
            members = list(group)
            below = self._write_rows(members, at)
            if name in self._titles and len(members) > 1:
                self._merge(at, 1, below - 1, 1, str(value))
            self._write_sums("小计", members, below)
            at = below + 1
        return at

    def _write_rows(self, rows: Sequence[Row], at: int) -> int:
        for number, row in enumerate(rows):
            for place, name in enumerate(self._titles, start=1):
                column = self._columns.get(name)
                value = self._in_unit(column, row.get(name))
                if column and column.unit == "%" and isinstance(value, Decimal):
                    self._write_share(at + number, place, value, is_text=number % 2 == 1)
                elif value is not None:
                    self._sheet.cell(at + number, place, _written(value, number))
        return at + len(rows)

    def _in_unit(self, column: Column | None, value: Any) -> Any:
        if column is None:
            return value
        if column.codes:
            code = column.codes.get(value)
            return code.source_names[0] if code and code.source_names else value
        if column.unit != "t":
            return value
        if isinstance(value, Decimal):
            return value * self._factor
        if isinstance(value, str) and value[:1] in _FULL_WIDTH_DIGITS:
            return full_width_text(Decimal(unicodedata.normalize("NFKC", value)) * self._factor)
        return value

    def _write_share(self, row: int, place: int, share: Decimal, *, is_text: bool) -> None:
        cell = self._sheet.cell(row, place, f"{share}%" if is_text else float(share / 100))
        cell.number_format = cell.number_format if is_text else "0.0%"

    def _write_sums(self, word: str, rows: Sequence[Row], at: int) -> None:
        self._sheet.cell(at, 1, word).font = _BOLD
        for place, name in enumerate(self._titles, start=1):
            if name in self._additive:
                amounts = [Decimal(row[name]) for row in rows if isinstance(row.get(name), int | Decimal)]
                factor = self._factor if self._columns[name].unit == "t" else 1
                self._sheet.cell(at, place, float(sum(amounts, Decimal(0)) * factor)).font = _BOLD

    def _merge(self, row: int, column: int, last_row: int, last_column: int, value: str) -> None:
        cell = self._sheet.cell(row, column, value)
        cell.alignment = _CENTRE
        if (row, column) != (last_row, last_column):
            self._sheet.merge_cells(None, row, column, last_row, last_column)


def _written(value: Any, number: int) -> Any:
    """Return a cell's value as a clerk types it: every seventh number is text, days are Chinese text."""
    if isinstance(value, bool):
        return "是" if value else "否"
    if isinstance(value, date):
        return f"{value.year}年{value.month}月{value.day}日"
    if isinstance(value, Decimal | int) and number % 7 == 3:
        return format(value, "f") if isinstance(value, Decimal) else str(value)
    return float(value) if isinstance(value, Decimal) else value


def _repacked(book: Workbook, edition: Edition) -> bytes:
    """Return the saved workbook with the moment of delivery where openpyxl writes the present one."""
    saved = io.BytesIO()
    book.save(saved)
    moment = f"{edition.delivered_at:%Y-%m-%dT%H:%M:%SZ}".encode()
    fixed = io.BytesIO()
    with zipfile.ZipFile(saved) as old, zipfile.ZipFile(fixed, "w", zipfile.ZIP_DEFLATED) as new:
        for entry in old.infolist():
            content = old.read(entry)
            if entry.filename == "docProps/core.xml":
                content = re.sub(rb"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", moment, content)
            new.writestr(zipfile.ZipInfo(entry.filename, _ZIP_MOMENT), content, zipfile.ZIP_DEFLATED)
    return fixed.getvalue()
