"""A message says who, file, sheet, row, column, value, what is expected and what to do, in both languages."""

from __future__ import annotations

import re

import pytest
from green_freight.contracts import contract, contracts
from green_freight.loading.issues import RowIssue, UnreadableFileError
from green_freight.loading.messages import Place, expected, row_message, stop_message
from green_freight.loading.reasons import ROW_REASONS, STOP_REASONS

PLACE = Place("commerce", "commerce_store_delivery", "2025-09", "月报_最终版(2).xlsx", "门店配送")


@pytest.mark.parametrize("code", sorted(ROW_REASONS))
def test_a_row_s_message_is_complete(code: str) -> None:
    column = contract("commerce_store_delivery").column("total_tonnes")
    zh, en = row_message(PLACE, 17, RowIssue(code, column, "待核实", *expected(column)))
    for part in (
        "市商务局",
        "commerce",
        "月报_最终版(2).xlsx",
        "门店配送",
        "第 17 行",
        "total_tonnes",
        "待核实",
        "应为",
        "请",
    ):
        assert part in zh
    for part in (
        "commerce bureau",
        "月报_最终版(2).xlsx",
        "门店配送",
        "row 17",
        "total_tonnes",
        "待核实",
        "expected",
        "Please",
    ):
        assert part in en
    assert ROW_REASONS[code].meaning_zh in zh


@pytest.mark.parametrize("code", sorted(STOP_REASONS))
def test_a_stop_s_message_is_complete(code: str) -> None:
    zh, en = stop_message(PLACE, UnreadableFileError(code, "细节", "detail")).split("\n")
    assert "市商务局" in zh and "月报_最终版(2).xlsx" in zh and "细节" in zh and "原有数据保持不变" in zh
    assert (
        "commerce bureau" in en
        and "月报_最终版(2).xlsx" in en
        and "(detail)" in en
        and "Nothing was loaded" in en
    )


def test_a_long_value_is_cut() -> None:
    zh, _ = row_message(PLACE, 1, RowIssue("too_long", None, "长" * 500, "短", "short"))
    assert len(zh) < 400


def test_every_column_says_what_it_expects() -> None:
    for found in contracts().values():
        for column in found.columns:
            zh, en = expected(column)
            assert re.search("[一-鿿]", zh), column.name
            assert en, column.name
