"""Forms as the commerce bureau fills them in, cell by cell."""

from __future__ import annotations

import io
from collections.abc import Iterable, Sequence
from typing import Any

from openpyxl import Workbook

TITLE = "连云港市城市配送月报 2025年9月（演示数据）"
UPPER = ("区县", "门店编码", "门店名称", "业态", "是否中心城区", "配送总量", "其中", None, None)
LOWER = (None, None, None, None, None, None, "共同配送", "夜间配送", "共同且夜间配送")
COLD = ("统一社会信用代码", "企业名称", "冷库容积（立方米）", "冷藏车数量（辆）", "登记日期")
PHARMA = ("统一社会信用代码", "企业名称", "GSP证书编号", "首次运营日期", "信息化率")
CODES = ("91320706MAD001011R", "91320705MAD00401XP")
Cells = Sequence[Any]
COLD_ROWS: tuple[Cells, ...] = ((TITLE,), COLD, (CODES[0], "冷链甲", 1200, 3, "2014年3月9日"))
PHARMA_ROWS: tuple[Cells, ...] = ((TITLE,), PHARMA, (CODES[1], "医药甲", "GSP-1", "2012年6月18日", "74.9%"))


def store(
    code: str, total: Any = 10, joint: Any = 4, night: Any = 3, both: Any = 1, district: Any = "海州区"
) -> Cells:
    """Return a store's row."""
    return (district, code, f"门店{code}", "超市", "是", total, joint, night, both)


def stores_above(*rows: Cells, note: str = "单位：吨") -> list[Cells]:
    """Return a store sheet: title, note, two header rows, the rows."""
    return [(TITLE,), (note,), UPPER, LOWER, *rows]


def book(
    sheets: dict[str, Iterable[Cells]], merged: Iterable[tuple[str, str]] = (), hidden: Iterable[str] = ()
) -> bytes:
    """Return a workbook with sheets of cells; `merged` are (sheet, range) to merge. A (value, format) is a cell."""
    workbook = Workbook()
    workbook.remove(workbook.worksheets[0])
    for name, rows in sheets.items():
        sheet = workbook.create_sheet(name)
        for at, row in enumerate(rows, start=1):
            for column, value in enumerate(row, start=1):
                cell = sheet.cell(at, column)
                cell.value = value[0] if isinstance(value, tuple) else value
                if isinstance(value, tuple):
                    cell.number_format = value[1]
    for name, area in merged:
        workbook[name].merge_cells(area)
    for name in hidden:
        workbook[name].sheet_state = "hidden"
    target = io.BytesIO()
    workbook.save(target)
    return target.getvalue()


def report(stores: Iterable[Cells], **others: Iterable[Cells]) -> bytes:
    """Return a whole report; the other two sheets are plain and good unless given as cold=… or pharma=…."""
    sheets = {
        "门店配送": stores,
        "冷链企业": others.get("cold", COLD_ROWS),
        "医药配送企业": others.get("pharma", PHARMA_ROWS),
    }
    return book(sheets)
