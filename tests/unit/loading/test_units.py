"""Units in titles, in a row below them, in lines above and notes below: converted where known, else the file stops."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from tests.integration.loading.workbooks import COLD_ROWS, LOWER, PHARMA_ROWS, TITLE, UPPER, book, store
from tests.unit.loading.reading import Reading, read

PARCELS, STORES, COLD_CHAIN = (
    "postal_parcel_volume",
    "commerce_store_delivery",
    "commerce_cold_chain_enterprise",
)
PLAIN = ("区县", "门店编码", "门店名称", "业态", "是否中心城区")
MEASURED = ("配送总量", "共同配送", "夜间配送", "共同且夜间配送")


def _parcels(*lines: str, encoding: str = "utf-8-sig") -> Reading:
    return read(PARCELS, "\r\n".join([*lines, ""]).encode(encoding))


def _volumes(found: Reading) -> list[tuple[Any, Any]]:
    return list(zip(found.values("inbound_parcels"), found.values("outbound_parcels"), strict=True))


def _stores(*rows: Any) -> Reading:
    return read(STORES, book({"门店配送": rows, "冷链企业": COLD_ROWS, "医药配送企业": PHARMA_ROWS}))


def _stopped_by(found: Reading, unit: str) -> bool:
    assert found.stop is not None, (found.rows, found.warnings)
    assert found.stop.reason_code == "unit_not_understood"
    return f"“{unit}”" in found.words and f"'{unit}'" in found.words


HEAD, ROWS = "区划代码,企业,进港件量,出港件量", ("320706,甲,12.35,8.4", "320707,甲,3,5")
IN_TEN_THOUSANDS = {
    "titles": ("区划代码,企业,进港件量（万件）,出港件量（万件）", *ROWS),
    "titles with words": ("区划代码,企业,进港件量（单位：万件）,出港件量[万件；保留两位小数]", *ROWS),
    "titles with a slash": ("区划代码,企业,进港件量/万件,出港件量：万件", *ROWS),
    "line above": ("单位：万件,,,", HEAD, *ROWS),
    "line above with brackets": ("2025年9月快递件量,,,（万件）", HEAD, *ROWS),
    "row below the titles": (HEAD, ",,万件,万件", *ROWS),
    "row below in brackets": (HEAD, ",,（万件）,（万件）", *ROWS),
    "note below": (HEAD, *ROWS, "注：计量单位：万件,,,"),
    "in the cells": (HEAD, "320706,甲,12.35万件,8.4万件", "320707,甲,3万,5万件"),
}


@pytest.mark.parametrize("place", IN_TEN_THOUSANDS)
@pytest.mark.parametrize("encoding", ["utf-8-sig", "gb18030"])
def test_ten_thousands_of_parcels_are_converted(place: str, encoding: str) -> None:
    found = _parcels(*IN_TEN_THOUSANDS[place], encoding=encoding)
    assert _volumes(found) == [(123_500, 84_000), (30_000, 50_000)], found.words
    assert found.rejected == []
    is_told = place != "in the cells"
    assert ("unit_converted" in [warning.code for warning in found.warnings]) is is_told


@pytest.mark.parametrize(
    ("unit", "factor"), [("千件", 1_000), ("百万件", 1_000_000), ("亿件", 100_000_000), ("件", 1)]
)
def test_multiples_of_a_unit_are_known(unit: str, factor: int) -> None:
    found = _parcels(f"区划代码,企业,进港件量（{unit}）,出港件量（{unit}）", "320706,甲,2,3")
    assert _volumes(found) == [(2 * factor, 3 * factor)]


@pytest.mark.parametrize(
    ("unit", "lines"),
    [
        ("票", ("区划代码,企业,进港件量（票）,出港件量（票）", *ROWS)),
        ("万件/日", ("区划代码,企业,进港件量（万件/日）,出港件量", *ROWS)),
        ("吨", ("区划代码,企业,进港件量（吨）,出港件量（吨）", *ROWS)),
        ("箱", ("单位：箱,,,", HEAD, *ROWS)),
        ("袋", (HEAD, ",,袋,袋", *ROWS)),
        ("吨", ("单位：吨,,,", HEAD, *ROWS)),
        ("件、万件", ("区划代码,企业,进港件量（件）,出港件量", ",,万件,万件", *ROWS)),
    ],
)
def test_a_csv_form_in_another_unit_stops(unit: str, lines: tuple[str, ...]) -> None:
    assert _stopped_by(_parcels(*lines), unit)


@pytest.mark.parametrize("unit", ["箱", "百公斤", "车", "立方米", "吨/日"])
def test_a_workbook_with_a_strange_unit_in_its_titles_stops(unit: str) -> None:
    titles = (*PLAIN, *(f"{name}（{unit}）" for name in MEASURED))
    assert _stopped_by(_stores((TITLE,), titles, store("01")), unit)


@pytest.mark.parametrize("unit", ["箱", "立方米"])
@pytest.mark.parametrize("place", ["above", "under", "below"])
def test_a_workbook_with_a_strange_unit_elsewhere_stops(unit: str, place: str) -> None:
    rows: list[Any] = [(TITLE,), UPPER, LOWER, store("01")]
    note = (f"单位：{unit}",) if place != "under" else (*[None] * 5, *[unit] * 4)
    rows.insert({"above": 1, "under": 3, "below": 4}[place], note)
    assert _stopped_by(_stores(*rows), unit)


@pytest.mark.parametrize(
    "titles",
    [
        ("配送总量（必填）", "共同（集中）配送量（吨）", "夜间配送（含冷链）", "共同且夜间配送(A)"),
        ("配送总量(1)", "共同配送（其中：冷链）", "夜间配送（以吨计）", "共同且夜间配送（合计）"),
    ],
)
def test_remarks_in_brackets_are_no_units(titles: tuple[str, ...]) -> None:
    found = _stores((TITLE,), (*PLAIN, *titles), store("01"))
    assert found.values("total_tonnes") == [Decimal(10)], found.words


@pytest.mark.parametrize(
    ("titles", "under"),
    [
        (("配送总量（以公斤计）", "共同配送(kg)", "夜间配送（千克）", "共同且夜间配送/公斤"), None),
        (MEASURED, ("公斤",) * 4),
    ],
)
def test_kilograms_however_they_are_written(titles: tuple[str, ...], under: tuple[str, ...] | None) -> None:
    rows: list[Any] = [(TITLE,), (*PLAIN, *titles), store("01", 10_000, 4_000, 3_000, 1_000)]
    if under:
        rows.insert(2, (*[None] * 5, *under))
    found = _stores(*rows)
    values = [found.values(f"{name}_tonnes")[0] for name in ("total", "joint", "night", "joint_night")]
    assert values == [10, 4, 3, 1]


def test_each_column_has_its_own_unit() -> None:
    titles = ("统一社会信用代码", "企业名称", "冷库容积（万立方米）", "冷藏车数量（辆）", "登记日期")
    rows = [(TITLE,), ("单位：万立方米、辆",), titles, (*COLD_ROWS[2][:2], 0.12, 3, "2014年3月9日")]
    found = read(COLD_CHAIN, book({"门店配送": [(TITLE,)], "冷链企业": rows}))
    assert found.values("cold_storage_m3") == [Decimal(1200)], found.words


@pytest.mark.parametrize("title", ["单位", "计量单位"])
def test_a_column_may_state_the_unit_of_all_rows(title: str) -> None:
    head = f"{HEAD},{title}"
    found = _parcels(head, *(f"{row},万件" for row in ROWS))
    assert _volumes(found) == [(123_500, 84_000), (30_000, 50_000)], found.words
    assert _stopped_by(_parcels(head, f"{ROWS[0]},件", f"{ROWS[1]},万件"), "件、万件")
    assert _stopped_by(_parcels(head, *(f"{row},箱" for row in ROWS)), "箱")
    titles = (*PLAIN, *MEASURED, title)
    sheet = _stores((TITLE,), titles, (*store("01", 10_000, 4_000, 3_000, 1_000), "公斤"))
    assert sheet.values("total_tonnes") == [Decimal(10)]


@pytest.mark.parametrize("line", ["万,,,", "万件,甲,万件,万件", "320706,件,,"])
def test_a_row_with_a_unit_under_a_text_is_a_row(line: str) -> None:
    found = _parcels(HEAD, line, *ROWS[1:])
    assert (len(found.rows), len(found.rejected)) == (1, 1)
