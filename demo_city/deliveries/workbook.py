"""The commerce bureau's monthly workbook, the way people fill such a form in.

Title and note above the tables, headers over two rows with merged cells, districts merged over their stores,
subtotal and total rows, numbers that are text, percentages, Chinese dates, tonnes in most months and kilograms in some.
"""

from __future__ import annotations

import io
import re
import unicodedata
import zipfile
from collections.abc import Callable, Mapping
from datetime import date
from decimal import Decimal
from itertools import groupby
from typing import Any

from openpyxl import Workbook
from openpyxl.styles import Alignment, Font
from openpyxl.worksheet.worksheet import Worksheet

from demo_city.defects.row_changes import full_width_text
from demo_city.deliveries import labels
from demo_city.deliveries.column_change import ColumnChange
from demo_city.deliveries.source import Edition, Row

ChangeOf = Callable[[str, Edition], ColumnChange | None]
_CENTRE = Alignment(horizontal="center", vertical="center", wrap_text=True)
_BOLD = Font(bold=True)
_FULL_WIDTH_DIGITS = tuple("０１２３４５６７８９")
_SUMS = ("total_tonnes", "joint_tonnes", "night_tonnes", "joint_night_tonnes")
_ZIP_MOMENT = (2023, 1, 1, 0, 0, 0)
KILOGRAMS = 1000
_TITLES = {
    "commerce_store_delivery": labels.STORE_DELIVERY,
    "commerce_cold_chain_enterprise": labels.COLD_CHAIN,
    "commerce_pharma_enterprise": labels.PHARMA,
}


def is_in_kilograms(month: date) -> bool:
    """Tell whether a month's store deliveries are written in kilograms."""
    return month.month in (4, 8, 11)


def report_bytes(edition: Edition, sheets: Mapping[str, list[Row]], change_of: ChangeOf) -> bytes:
    """Return the workbook of one edition; `sheets` holds contract fields by dataset."""
    book = Workbook()
    book.remove(book.worksheets[0])
    for dataset, rows in sheets.items():
        sheet = book.create_sheet(labels.SHEETS[dataset])
        _write_sheet(sheet, dataset, edition, rows, change_of(dataset, edition))
    return _repacked(book, edition)


def _write_sheet(
    sheet: Worksheet, dataset: str, edition: Edition, rows: list[Row], change: ColumnChange | None
) -> None:
    titles: dict[str, tuple[str, str]] = dict(_TITLES[dataset])
    if change:
        titles = change.titled(titles)
        rows = [change.row(row) for row in rows]
    _write_head(sheet, dataset, edition, len(titles))
    first_row = _write_titles(sheet, titles, 4 if edition.month.month % 4 == 2 else 3)
    if dataset == "commerce_store_delivery":
        _write_stores(sheet, titles, rows, edition.month, first_row)
        return
    for number, row in enumerate(rows):
        _write_row(sheet, first_row + number, [_written(row.get(name), number) for name in titles])
        _write_share(sheet, first_row + number, list(titles), row, number)
    if dataset == "commerce_cold_chain_enterprise" and rows:
        _write_total(sheet, first_row + len(rows), list(titles), rows)


def _write_head(sheet: Worksheet, dataset: str, edition: Edition, width: int) -> None:
    month = edition.month
    title = f"连云港市城市配送月报（{labels.SHEETS[dataset]}）{month.year}年{month.month:02d}月（演示数据）"
    _merged(sheet, 1, 1, 1, width, title)
    sheet.cell(1, 1).font = Font(bold=True, size=16)
    unit = "千克" if is_in_kilograms(month) else "吨"
    note = f"单位：{unit}" if dataset == "commerce_store_delivery" else "注：仅列本市备案企业"
    filled_in = edition.delivered_at.date()
    filled_in_on = f"{filled_in.year}年{filled_in.month}月{filled_in.day}日"
    _merged(sheet, 2, 1, 2, width, f"{note}    填报单位：连云港市商务局    填报日期：{filled_in_on}")


def _write_titles(sheet: Worksheet, titles: Mapping[str, tuple[str, str]], row: int) -> int:
    """Write the two header rows from `row` on; return the first row below them."""
    column = 1
    for upper, group in groupby(titles.values(), key=lambda title: title[0]):
        lowers = [lower for _, lower in group]
        if lowers == [labels.MERGED_BELOW]:
            _merged(sheet, row, column, row + 1, column, upper)
        else:
            _merged(sheet, row, column, row, column + len(lowers) - 1, upper)
            for offset, lower in enumerate(lowers):
                sheet.cell(row + 1, column + offset, lower).alignment = _CENTRE
        column += len(lowers)
    return row + 2


def _write_stores(
    sheet: Worksheet, titles: Mapping[str, tuple[str, str]], rows: list[Row], month: date, at: int
) -> None:
    factor = KILOGRAMS if is_in_kilograms(month) else 1
    ordered = sorted(rows, key=lambda row: (str(row.get("district_name")), str(row["store_code"])))
    for district, group in groupby(ordered, key=lambda row: row.get("district_name")):
        stores = list(group)
        for number, row in enumerate(stores):
            shown = _in_unit(row, factor)
            _write_row(sheet, at + number, [_written(shown.get(name), number) for name in titles])
        if "district_name" in titles and len(stores) > 1:
            _merged(sheet, at, 1, at + len(stores) - 1, 1, str(district))
        at += len(stores)
        _write_sums(sheet, at, list(titles), "小计", stores, factor)
        at += 1
    _write_sums(sheet, at, list(titles), "合计", rows, factor)


def _in_unit(row: Row, factor: int) -> Row:
    shown = {**row, "store_kind_code": labels.STORE_KIND.get(row["store_kind_code"], row["store_kind_code"])}
    for name in _SUMS:
        value = row.get(name)
        if isinstance(value, Decimal):
            shown[name] = value * factor
        elif isinstance(value, str) and value[:1] in _FULL_WIDTH_DIGITS:
            plain = Decimal(unicodedata.normalize("NFKC", value))
            shown[name] = full_width_text(plain * factor)
    return shown


def _write_sums(
    sheet: Worksheet, at: int, columns: list[str], word: str, rows: list[Row], factor: int
) -> None:
    sheet.cell(at, 1, word).font = _BOLD
    for column, name in enumerate(columns, start=1):
        if name in _SUMS:
            amounts = [row[name] for row in rows if isinstance(row.get(name), Decimal)]
            sheet.cell(at, column, float(sum(amounts, Decimal(0)) * factor)).font = _BOLD


def _write_total(sheet: Worksheet, at: int, columns: list[str], rows: list[Row]) -> None:
    sheet.cell(at, 1, "合计").font = _BOLD
    for column, name in enumerate(columns, start=1):
        if name in ("cold_storage_m3", "refrigerated_vehicle_count"):
            amounts = [Decimal(row[name]) for row in rows if isinstance(row.get(name), int | Decimal)]
            sheet.cell(at, column, float(sum(amounts, Decimal(0)))).font = _BOLD


def _write_row(sheet: Worksheet, at: int, values: list[Any]) -> None:
    for column, value in enumerate(values, start=1):
        if value is not None:
            sheet.cell(at, column, value)


def _write_share(sheet: Worksheet, at: int, columns: list[str], row: Row, number: int) -> None:
    """Write a share as Excel keeps a percentage, every other one as text."""
    share = row.get("informatization_pct")
    if "informatization_pct" not in columns or not isinstance(share, Decimal):
        return
    cell = sheet.cell(at, columns.index("informatization_pct") + 1)
    if number % 2:
        cell.value = f"{share}%"
    else:
        cell.value = float(share / 100)
        cell.number_format = "0.0%"


def _written(value: Any, number: int) -> Any:
    """Return a cell's value as a clerk types it: every seventh number is text, days are Chinese text."""
    if isinstance(value, bool):
        return "是" if value else "否"
    if isinstance(value, date):
        return f"{value.year}年{value.month}月{value.day}日"
    if isinstance(value, Decimal | int) and number % 7 == 3:
        return format(value, "f") if isinstance(value, Decimal) else str(value)
    return float(value) if isinstance(value, Decimal) else value


def _merged(sheet: Worksheet, row: int, column: int, last_row: int, last_column: int, value: str) -> None:
    cell = sheet.cell(row, column, value)
    cell.alignment = _CENTRE
    if (row, column) != (last_row, last_column):
        sheet.merge_cells(start_row=row, start_column=column, end_row=last_row, end_column=last_column)


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
