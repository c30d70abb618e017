"""Values as people write them."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any

import pytest
from green_freight.contracts import contract
from green_freight.loading.cell_values import ColumnCells, clean, day, number
from green_freight.loading.readers.workbook import title_period
from hypothesis import given
from hypothesis import strategies as st

# Excel knows no zones.
MORNING = datetime(2023, 5, 12, 8)  # noqa: DTZ001


@pytest.mark.parametrize(
    ("written", "unit", "expected"),
    [
        ("12.5", "t", "12.5"), ("１２．５", "t", "12.5"), ("1,234.5", "t", "1234.5"), ("１，２３４．５", "t", "1234.5"),
        (" 1 234 ", "t", "1234"), ("12吨", "t", "12"), ("1,200公斤", "t", "1.200"), ("500 kg", "t", "0.500"),
        ("85%", "%", "85"), ("85.5％", "%", "85.5"), (3, "1", "3"), (0.1, "t", "0.1"), ("-3", "t", "-3"),
        ("1.2万", "1", "12000.0"), ("1e3", "t", "1E+3"),
    ],
)  # fmt: skip
def test_numbers(written: Any, unit: str, expected: str) -> None:
    assert number(written, unit) == Decimal(expected)


@pytest.mark.parametrize(
    "written", ["待核实", "12箱", "1,23", "1.2.3", "", "#REF!", "１２～１５", "NaN", True]
)
def test_what_is_no_number_stays_as_it_is(written: Any) -> None:
    assert number(written, "t") == written


def test_a_bare_number_takes_the_form_s_unit_and_a_written_unit_wins() -> None:
    assert number("1500", "t", Decimal("0.001")) == Decimal("1.5")
    assert number("1.5吨", "t", Decimal("0.001")) == Decimal("1.5")


@pytest.mark.parametrize(
    "written",
    [
        "2023年5月12日", "2023-05-12", "2023/5/12", "2023.5.12", "20230512", "２０２３年５月１２日",
        "二〇二三年五月十二日", "2023-05-12 00:00:00", 45058, 45058.0, "45058", 20230512, MORNING.replace(hour=0),
        date(2023, 5, 12), "2023 年 5 月 12 日",
    ],
)  # fmt: skip
def test_dates(written: Any) -> None:
    assert day(written) == date(2023, 5, 12)


@pytest.mark.parametrize(
    "written",
    ["2023年5月", "2023-02-30", "去年春天", 12, 45058.5, "2023年13月1日", MORNING],
)
def test_what_is_no_date_stays_as_it_is(written: Any) -> None:
    assert day(written) == written


def test_serial_days_agree_with_excel() -> None:
    assert day(20_000) == date(1954, 10, 3)
    assert day(60_000) == date(2064, 4, 8)


def test_yes_and_no() -> None:
    column = contract("postal_tricycle").column("is_marking_uniform")
    assert [clean(column, word) for word in ("是", "√", "Y", True)] == [True] * 4
    assert [clean(column, word) for word in ("否", "×", "n", False, "无")] == [False] * 5
    assert clean(column, "看不清") == "看不清"
    assert clean(column, " ") is None


def test_words_for_nothing_are_empty_in_numbers_and_dates_alone() -> None:
    tricycle = contract("postal_tricycle")
    assert clean(tricycle.column("in_use_to"), "—") is None
    assert clean(tricycle.column("in_use_to"), "无") is None
    assert clean(tricycle.column("remark"), "无") == "无"


def test_words_for_codes() -> None:
    column = contract("commerce_store_delivery").column("store_kind_code")
    assert [clean(column, word) for word in ("超市", " 连锁店 ", "chain")] == [
        "supermarket",
        "chain",
        "chain",
    ]
    assert clean(column, "便民摊点") == "便民摊点"


def test_codes_typed_as_numbers_are_text() -> None:
    column = contract("commerce_store_delivery").column("store_code")
    assert [clean(column, value) for value in (1001, 1001.0, "01001")] == ["1001", "1001", "01001"]


@pytest.mark.parametrize(
    ("title", "expected"),
    [
        ("连云港市城市配送月报（门店配送）2025年09月（演示数据）", "2025-09"), ("２０２５年９月份门店配送", "2025-09"),
        ("二〇二五年十一月 冷链", "2025-11"), ("报表月份：2025-09", "2025-09"), ("2025.9 月报", "2025-09"),
        ("填报日期：2025年10月5日", None), ("填报日期 2025-10-05", None), ("门店配送", None),
    ],
)  # fmt: skip
def test_the_month_of_a_title(title: str, expected: str | None) -> None:
    assert title_period([[None, title]]) == expected


@given(st.decimals(min_value=-(10**9), max_value=10**9, places=3))
def test_a_number_reads_back_however_it_is_written(value: Decimal) -> None:
    wide = str.maketrans("0123456789.,-", "０１２３４５６７８９．，－")
    for written in (f"{value}", f"{value:,}", f"{value:,}".translate(wide), f" {value:,} "):
        assert number(written, "t") == value


@given(st.dates(date(1955, 1, 1), date(2060, 12, 31)))
def test_a_date_reads_back_however_it_is_written(value: date) -> None:
    serial = (value - date(1899, 12, 30)).days
    chinese = f"{value.year}年{value.month}月{value.day}日"
    for written in (
        chinese,
        value.isoformat(),
        f"{value:%Y%m%d}",
        f"{value.year}/{value.month}/{value.day}",
        serial,
    ):
        assert day(written) == value


@pytest.mark.parametrize(
    "column", [contract("commerce_store_delivery").column(name) for name in ("store_kind_code", "total_tonnes")]
    + [contract("postal_tricycle").column(name) for name in ("in_use_from", "is_marking_uniform", "tricycle_no")],
    ids=lambda column: column.name,
)  # fmt: skip
@given(cells=st.lists(st.sampled_from(
    ["", "无", "3", "1,200公斤", "12箱", "2023/5/12 0:00", "二〇二三年五月十二日", "是", "×", "超市", "tr0012",
     "x" * 90, 1, 1.0, True, False, 0, Decimal("3.0"), Decimal(3), None, date(2023, 5, 12), MORNING]
), max_size=30))  # fmt: skip
def test_cells_of_a_column_have_the_values_that_each_has_alone(column: Any, cells: list[Any]) -> None:
    factor = Decimal("0.001")
    known = ColumnCells(column, factor)
    expected = [clean(column, cell, factor) for cell in cells]
    found = [known.value(cell) for cell in cells]
    assert list(map(repr, found)) == list(map(repr, expected))
