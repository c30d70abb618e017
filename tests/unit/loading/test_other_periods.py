"""Columns and titles of other periods beside the month's: the month's are read, or the file stops."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from green_freight.contracts import contracts
from green_freight.loading.readers.title_months import period_mark

from tests.integration.loading.workbooks import COLD_ROWS, PHARMA_ROWS, TITLE, book, store
from tests.unit.loading.reading import Reading, read

PLAIN = ("区县", "门店编码", "门店名称", "业态", "是否中心城区")
MEASURED = ("配送总量", "共同配送", "夜间配送", "共同且夜间配送")
HEAD = (*PLAIN, *MEASURED)
MONTH, OTHER = (10, 4, 3, 1), (90, 36, 27, 9)


def _stores(*rows: Any) -> Reading:
    return read(
        "commerce_store_delivery",
        book({"门店配送": rows, "冷链企业": COLD_ROWS, "医药配送企业": PHARMA_ROWS}),
    )


def _code(found: Reading) -> str | None:
    return found.stop.reason_code if found.stop else None


def _side_by_side(*periods: str) -> list[tuple[Any, ...]]:
    """Return header and row with one column of each figure for each period; the first of OTHER ones is the month's."""
    titles = [cell for name in MEASURED for cell in (name, *[None] * (len(periods) - 1))]
    return [(TITLE,), ("单位：吨",), (*PLAIN, *titles), (*[None] * 5, *periods * 4)]


def _row(at: int, count: int) -> tuple[Any, ...]:
    values = [
        month if place == at else other
        for month, other in zip(MONTH, OTHER, strict=True)
        for place in range(count)
    ]
    return ("海州区", "01", "店", "超市", "是", *values)


@pytest.mark.parametrize(
    ("periods", "at"),
    [
        (("1-9月累计", "本月"), 1),
        (("本月", "1-9月累计"), 0),
        (("1—9月", "9月"), 1),
        (("上年同期", "2025年9月", "同比增长%"), 1),
        (("8月", "9月"), 1),
        (("2024年9月", "2025年9月"), 1),
        (("累计数", "本期数"), 1),
        (("本年累计（吨）", "本月（吨）"), 1),
    ],
)
def test_the_column_of_the_month_is_read(periods: tuple[str, ...], at: int) -> None:
    found = _stores(*_side_by_side(*periods), _row(at, len(periods)))
    assert found.values("total_tonnes") == [Decimal(10)], found.words
    assert found.values("joint_night_tonnes") == [Decimal(1)]


@pytest.mark.parametrize(
    "prefix", ["累计", "1-9月", "1至9月累计", "去年同期", "上月"], ids=lambda prefix: str(prefix)
)
def test_titles_with_the_period_in_one_cell(prefix: str) -> None:
    titles = [cell for name in MEASURED for cell in (f"{prefix}{name}", f"本月{name}")]
    found = _stores((TITLE,), (*PLAIN, *titles), _row(1, 2))
    assert found.values("total_tonnes") == [Decimal(10)], found.words
    only = _stores((TITLE,), (*PLAIN, *(f"{prefix}{name}" for name in MEASURED)), store("01", *OTHER))
    assert _code(only) == "other_period" and f"{prefix}配送总量" in only.words


@pytest.mark.parametrize(
    ("titles", "twice"),
    [
        ((*HEAD, "配送总量"), "配送总量"),
        ((*HEAD[:6], "配送总量（吨）", *HEAD[6:]), "配送总量、配送总量（吨）"),
        ((*HEAD, *HEAD), "门店编码"),
    ],
    ids=["again at the end", "with a unit", "two tables side by side"],
)
def test_two_columns_of_one_title_stop(titles: tuple[str, ...], twice: str) -> None:
    found = _stores((TITLE,), titles, (*store("01"), *store("02"))[: len(titles)])
    assert _code(found) == "several_columns" and twice in found.words


def test_of_two_agreed_names_the_first_is_read() -> None:
    found = _stores((TITLE,), (*HEAD, "门店类型"), (*store("01"), "连锁店"))
    assert found.values("store_kind_code") == ["chain"]


@pytest.mark.parametrize(
    "title",
    [
        "截至2025年9月累计城市配送情况", "2025年1-9月城市配送情况", "2025年前三季度城市配送情况",
        "2025年1—9月城市配送情况", "2025年1月至9月城市配送情况", "2025年一至九月城市配送情况",
        "2025年1月1日至9月30日城市配送情况", "2025年上半年城市配送情况", "城市配送累计情况（2025年9月）",
    ],
)  # fmt: skip
def test_a_form_of_a_longer_span_stops(title: str) -> None:
    found = _stores((title,), HEAD, store("01", *OTHER))
    assert _code(found) == "wrong_period" and title in found.words and "2025-09" in found.words


@pytest.mark.parametrize(
    "title",
    [
        "2025年9月1日至9月30日城市配送情况", "2025年9月1日-30日", "2025年9月（本月数，不含累计）",
        "连云港市城市配送月报 2025-09", "二〇二五年九月城市配送情况", "2025年9月（第三季度）",
    ],
)  # fmt: skip
def test_a_form_of_the_month_is_read_however_it_says_so(title: str) -> None:
    found = _stores((title,), ("注：累计数另见附表",), HEAD, store("01"))
    assert found.values("total_tonnes") == [Decimal(10)], found.words


@pytest.mark.parametrize(
    ("title", "code"),
    [
        ("8月份城市配送情况", "wrong_period"),
        ("八月城市配送月报", "wrong_period"),
        ("9月份城市配送情况", None),
    ],
)
def test_a_title_without_a_year_still_names_a_month(title: str, code: str | None) -> None:
    found = _stores((title,), ("填报日期：10月8日",), HEAD, store("01"))
    assert _code(found) == code and found.codes == []


def test_a_sheet_of_the_year_to_date_is_left_out() -> None:
    sheets = {"累计": [(TITLE,), HEAD, store("01", *OTHER)], "本月": [(TITLE,), HEAD, store("01")]}
    found = read("commerce_store_delivery", book(sheets))
    assert (found.sheet, found.values("total_tonnes")) == ("本月", [Decimal(10)])


def test_an_optional_column_that_two_titles_may_be_is_empty_with_a_warning() -> None:
    found = _stores((TITLE,), (*HEAD, "区县"), (*store("01"), "连云区"))
    assert (found.values("district_name"), found.codes) == ([None], ["several_columns"])
    assert "“区县、区县”" in found.warnings[0].message_zh or "“区县”" in found.warnings[0].message_zh


def test_an_optional_column_of_another_year_is_empty_with_a_warning() -> None:
    titles = ("统一社会信用代码", "企业名称", "GSP证书编号", "首次运营日期", "上年信息化率")
    rows = [(TITLE,), titles, PHARMA_ROWS[2]]
    found = read("commerce_pharma_enterprise", book({"医药配送企业": rows}))
    assert (found.values("informatization_pct"), found.codes) == ([None], ["other_period"])


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        (
            ("区划代码,企业,本月进港件量,累计进港件量,本月出港件量,累计出港件量", "320706,甲,12,108,8,72"),
            (12, 8),
        ),
        (
            ("区划代码,企业,1-9月进港件量,9月进港件量,1-9月出港件量,9月出港件量", "320706,甲,108,12,72,8"),
            (12, 8),
        ),
        (("区划代码,企业,进港件量,,出港件量,", ",,累计,本月,累计,本月", "320706,甲,108,12,72,8"), (12, 8)),
        (("2025年1-9月快递件量,,,", "区划代码,企业,进港件量,出港件量", "320706,甲,108,72"), "wrong_period"),
        (("2025年8月快递件量,,,", "区划代码,企业,进港件量,出港件量", "320706,甲,12,8"), "wrong_period"),
        (("区划代码,企业,累计进港件量,累计出港件量", "320706,甲,108,72"), "other_period"),
        (("区划代码,企业,进港件量,进港件量,出港件量", "320706,甲,108,12,72"), "several_columns"),
    ],
)
def test_csv_forms_by_the_same_rule(lines: tuple[str, ...], expected: Any) -> None:
    found = read("postal_parcel_volume", "\r\n".join([*lines, ""]).encode("utf-8-sig"))
    if isinstance(expected, str):
        assert _code(found) == expected
    else:
        volumes = (found.values("inbound_parcels"), found.values("outbound_parcels"))
        assert volumes == ([expected[0]], [expected[1]]), found.words


def test_a_register_says_as_of_when_it_stands() -> None:
    rows = [("截至2025年9月冷链企业累计登记情况",), *COLD_ROWS[1:]]
    found = read("commerce_cold_chain_enterprise", book({"冷链企业": rows}))
    assert len(found.rows) == 1, found.words


def test_no_agreed_name_is_taken_for_another_period() -> None:
    forms = [found for found in contracts().values() if found.container in ("csv", "workbook")]
    names = [name for found in forms for column in found.columns for name in column.source_names]
    assert names and [name for name in names if period_mark(name, "2025-09")] == []
