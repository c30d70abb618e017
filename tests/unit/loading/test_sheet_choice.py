"""Workbooks with more than one sheet that could be meant: the visible one that fits, or a stop that names them."""

from __future__ import annotations

import io
from decimal import Decimal

import pytest
from green_freight.contracts import contract
from green_freight.limits import LimitError
from green_freight.loading.readers.sheets import read_book

from tests.integration.loading.workbooks import (
    CODES,
    COLD_ROWS,
    LOWER,
    PHARMA_ROWS,
    TITLE,
    UPPER,
    Cells,
    book,
    report,
    store,
    stores_above,
)
from tests.unit.loading.reading import Reading, read

STORES = "commerce_store_delivery"
OLD, NEW = stores_above(store("01", 1, 0, 0, 0)), stores_above(store("01", 10, 4, 3, 1))
AUGUST = [(TITLE.replace("9月", "8月"),), *OLD[1:]]


def _read(sheets: dict[str, list[Cells]], *hidden: str) -> Reading:
    others = {"冷链企业": COLD_ROWS, "医药配送企业": PHARMA_ROWS}
    return read(STORES, book({**others, **sheets}, hidden=hidden))


@pytest.mark.parametrize(
    ("sheets", "hidden"),
    [
        ({"门店配送": OLD, "门店配送（正式）": NEW}, "门店配送"),
        ({"门店配送": NEW, "门店配送（旧）": OLD}, "门店配送（旧）"),
        ({"Sheet1": OLD, "Sheet2": NEW}, "Sheet1"),
        ({"门店配送统计": OLD, "门店配送情况": NEW}, "门店配送统计"),
    ],
)
def test_the_visible_sheet_counts_and_the_hidden_one_is_named(
    sheets: dict[str, list[Cells]], hidden: str
) -> None:
    found = _read(sheets, hidden)
    assert found.values("total_tonnes") == [Decimal(10)]
    told = next(w for w in found.warnings if w.code == "hidden_sheet_left_out")
    assert f"“{hidden}”" in told.message_zh and told.severity == "warning"


@pytest.mark.parametrize(
    "names",
    [("门店配送", "门店配送(续)"), ("门店配送统计", "门店配送情况"), ("Sheet1", "Sheet2"), ("门店配送", "门店配送 "),
     ("海州区", "连云区"), ("门店配送", "门店配送 (2)")],
)  # fmt: skip
def test_two_visible_sheets_that_fit_stop_and_are_named(names: tuple[str, str]) -> None:
    found = _read({names[0]: NEW, names[1]: stores_above(store("03"))})
    assert found.stop is not None and found.stop.reason_code == "several_sheets"
    assert f"{names[0]}、{names[1]}" in found.words and "合并为一个工作表" in found.words


@pytest.mark.parametrize("name", ["门店配送", "门店配送（正式）"])
def test_a_sheet_that_only_programs_see_is_not_read(name: str) -> None:
    found = _read({name: NEW}, name)
    assert found.stop is not None and found.stop.reason_code == "wrong_sheet"
    assert "只有隐藏的工作表" in found.words and name in found.words


@pytest.mark.parametrize("beside", [AUGUST, stores_above()], ids=["another month", "template"])
def test_sheets_without_rows_or_of_other_months_are_left_out(beside: list[Cells]) -> None:
    found = _read({"上月": beside, "门店配送情况": NEW})
    assert (found.sheet, found.values("total_tonnes")) == ("门店配送情况", [Decimal(10)])
    assert found.codes == ["sheet_left_out"]


def test_a_form_of_another_month_alone_still_stops() -> None:
    assert "标题为 2025-08" in _read({"门店配送": AUGUST}).words


def test_an_agreed_sheet_that_lacks_a_column_is_not_replaced_by_a_copy() -> None:
    without_night = [(TITLE,), UPPER[:7], LOWER[:7], store("01")[:7]]
    found = _read({"门店配送": without_night, "备份": OLD})
    assert found.absent >= {"night_tonnes"} and found.sheet == "门店配送"


def test_a_cover_sheet_of_the_agreed_name_is_passed_over() -> None:
    found = _read({"门店配送": [("封面",), ("连云港市商务局",)], "数据": NEW})
    assert (found.sheet, found.codes) == ("数据", ["sheet_renamed"])


@pytest.mark.parametrize(
    ("dataset", "code"),
    [("commerce_cold_chain_enterprise", CODES[0]), ("commerce_pharma_enterprise", CODES[1])],
)
def test_the_sheets_of_other_datasets_are_not_mistaken(dataset: str, code: str) -> None:
    content = book({"门店配送": NEW, "冷链": COLD_ROWS, "医药": PHARMA_ROWS})
    found = read(dataset, content)
    assert (found.values("credit_code"), found.codes) == ([code], ["sheet_renamed"])


def test_a_workbook_that_is_read_again_is_as_it_was() -> None:
    content = report(stores_above(store("A1"), store("A2"), store("A3")))
    limits = contract("commerce_store_delivery").limits
    first = read_book(io.BytesIO(content), limits)
    expected = [
        (sheet.title, [(number, list(cells)) for number, cells in sheet.rows]) for sheet in first.sheets
    ]
    for sheet in first.sheets:
        sheet.rows[0][1][0] = "changed"
        sheet.rows.append((99, ["added"]))
    again = read_book(io.BytesIO(content), limits)
    assert [(sheet.title, sheet.rows) for sheet in again.sheets] == expected
    with pytest.raises(LimitError):
        read_book(io.BytesIO(content), limits.model_copy(update={"cells": 3}))
    other = read_book(io.BytesIO(report(stores_above(store("B1")))), limits)
    assert [(sheet.title, sheet.rows) for sheet in other.sheets] != expected
