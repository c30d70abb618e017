"""A message names agency, file, sheet, row, column and value, what was done and what to do, in both languages."""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from green_freight.contracts import contract, contracts
from green_freight.loading.messages import Place, expected, row_message, stop_message
from green_freight.loading.outcomes import ROW_REASONS, STOP_REASONS, RowIssue, UnreadableFileError
from green_freight.loading.row_rules import row_checks
from green_freight.periods import Period

STORES = contract("commerce_store_delivery")
PLACE = Place(STORES, "2025-09", "月报.xlsx", "门店配送")
WHOLE, PART = STORES.column("total_tonnes"), STORES.column("joint_tonnes")
FACTS = {
    "other": WHOLE, "other_value": Decimal(10), "first": WHOLE, "second": PART, "sum": Decimal(7),
    "tolerance": Decimal("0.01"), "detail": "DetailPower", "count": 3, "width": 8, "period": "2025-09", "kept_row": 4,
    "begin": date(2022, 12, 31), "end": date(2025, 9, 30),
}  # fmt: skip


@pytest.mark.parametrize("code", sorted(ROW_REASONS))
def test_a_row_s_message_is_complete(code: str) -> None:
    zh, en = row_message(PLACE, 17, RowIssue(code, PART, "待核实", FACTS))
    place_zh = (
        "市商务局，门店配送（commerce_store_delivery）2025-09，文件 月报.xlsx，工作表“门店配送”，第 17 行："
    )
    assert zh.startswith(place_zh)
    assert en.startswith(
        "Commerce bureau, Store deliveries (commerce_store_delivery) 2025-09, file 月报.xlsx"
    )
    assert "row 17: " in en
    assert "。该行已拒收；请" in zh and zh.endswith("。")
    assert ". The row was rejected; ask the commerce bureau" in en and en.endswith(".")
    assert not re.search("[一-鿿]", en.partition("row 17: ")[2].replace("待核实", "")), en
    assert "{" not in zh + en


@pytest.mark.parametrize("code", sorted(STOP_REASONS))
def test_a_stop_s_message_is_complete(code: str) -> None:
    zh, en = stop_message(PLACE, UnreadableFileError(code, "细节", "detail")).split("\n")
    assert "市商务局" in zh and "月报.xlsx" in zh and "（细节）。该文件未装载，原有数据保持不变；请" in zh
    assert "Commerce bureau" in en and "月报.xlsx" in en
    assert "(detail). The file was not loaded and the existing data stay unchanged; " in en
    assert "{" not in zh + en


SENTENCES: dict[str, tuple[RowIssue, str, str]] = {
    "part above whole": (
        RowIssue("part_exceeds_whole", PART, Decimal(12), {"other": WHOLE, "other_value": Decimal(10)}),
        "共同配送量（joint_tonnes）的值 12 吨大于配送总量（total_tonnes） 10 吨。该行已拒收；"
        "请市商务局核实后重新报送。",
        "the value 12 t of joint_tonnes (freight delivered jointly) exceeds total_tonnes (freight delivered in total), "
        "10 t. The row was rejected; ask the commerce bureau to check it and send the file again.",
    ),
    "empty": (
        RowIssue("missing_value", WHOLE, None),
        "配送总量（total_tonnes）为必填项，但该值为空，应为数字，在 0 与 1000000 之间，单位：吨。",
        "the required value of total_tonnes (freight delivered in total) is empty; it must be a number between 0 and "
        "1000000, in t.",
    ),
    "outside the period": (
        RowIssue("outside_period", STORES.column("report_month"), date(2025, 8, 1), {"period": Period("2025-09")}),
        "报表月份（report_month）的值 2025-08-01不在本文件的期次 2025-09 内。",
        "the value 2025-08-01 of report_month (month of the form) is outside the file's period 2025-09.",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("issue", "zh", "en"), SENTENCES.values(), ids=SENTENCES)
def test_a_message_is_a_sentence_in_the_field_s_words(issue: RowIssue, zh: str, en: str) -> None:
    found_zh, found_en = row_message(PLACE, 12, issue)
    assert zh in found_zh
    assert en in found_en


def test_the_rules_of_all_contracts_find_their_columns() -> None:
    for found in contracts().values():
        assert len(row_checks(found, Period("2025-09"))) >= len(found.rules) - 1


def test_a_detail_without_its_number_is_explained() -> None:
    orders = contract("power_charge_order")
    row: list[Any] = [Decimal(0)] * len(orders.columns)
    row[orders.position("started_at")] = row[orders.position("ended_at")] = None
    row[orders.position("detail_count")], row[orders.position("charge_details")] = 1, [{"Power": 1}]
    issues = [
        issue for check in row_checks(orders, Period("2025-09")) if (issue := check(tuple(row))) is not None
    ]
    [(zh, en)] = [row_message(Place(orders, "2025-09-30", "a.jsonl.gz"), 1, issue) for issue in issues]
    assert "应为每条含数字 DetailPower 的明细列表" in zh
    assert "it must be a list of details with a number DetailPower each" in en


def test_a_long_value_is_cut() -> None:
    zh, _ = row_message(PLACE, 1, RowIssue("too_long", WHOLE, "长" * 500))
    assert len(zh) < 400


def test_every_column_says_what_it_expects() -> None:
    for found in contracts().values():
        for column in found.columns:
            zh, en = expected(column)
            assert re.search("[一-鿿]", zh), column.name
            assert en, column.name
            assert column.title_en.isascii() and column.title_en, column.name
