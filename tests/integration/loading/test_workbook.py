"""Excel as people make it: headers, merged cells, units, totals, text numbers, percentages, dates, wrong months."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any

import pytest
from green_freight.loading import LoadOutcome, LoadStoppedError

from tests.integration.loading.deliveries import Deliveries
from tests.integration.loading.workbooks import (
    CODES,
    COLD,
    COLD_ROWS,
    LOWER,
    PHARMA,
    PHARMA_ROWS,
    TITLE,
    UPPER,
    book,
    report,
    store,
    stores_above,
)

STORES, COLD_CHAIN, PHARMACY = (
    "commerce_store_delivery",
    "commerce_cold_chain_enterprise",
    "commerce_pharma_enterprise",
)
# Excel knows no zones.
MIDNIGHT = datetime(2014, 3, 9)  # noqa: DTZ001


@pytest.fixture
def load(warehouse: Any, deliveries: Deliveries) -> Any:
    versions = iter(range(1, 99))

    def load(content: bytes, period: str = "2025-09") -> dict[str, LoadOutcome]:
        deliveries.land("commerce", "monthly_report", period, "月报_最终版(2).xlsx", content, next(versions))
        return {
            outcome.dataset_id: outcome for outcome in deliveries.load("commerce", "monthly_report", period)
        }

    return load


def _table(warehouse: Any, columns: str, table: str = STORES) -> list[tuple[Any, ...]]:
    with warehouse.connect("loader") as connection:
        return list(connection.execute(f"select {columns} from raw.{table} order by _row_number").fetchall())


def _codes(outcome: LoadOutcome) -> list[tuple[str, str]]:
    return [(warning.code, warning.severity) for warning in outcome.warnings]


def test_merged_headers_districts_subtotals_and_totals(warehouse: Any, load: Any) -> None:
    rows = stores_above(
        store("01", 10, 4, 3, 1),
        store("02", 20, 5, 5, 2, district=None),
        ("小计", None, None, None, None, 30, 9, 8, 3),
        store("03", 7, 0, 0, 0, district="东海县"),
        (None, None, "东海县小计", None, None, 7, 0, 0, 0),
        (),
        ("合  计", None, None, None, None, 37, 9, 8, 3),
        ("填表人：王某", None, "审核：李某", None, "2025年10月8日"),
        ("注：本表为合成数据",),
    )
    outcome = load(report(rows))[STORES]
    assert (outcome.rows_in_file, outcome.rows_loaded, outcome.affected_months) == (3, 3, (date(2025, 9, 1),))
    assert _codes(outcome) == [("rows_that_are_no_data", "info")]
    assert _table(
        warehouse, "store_code, district_name, total_tonnes, store_kind_code, is_centre_area, report_month"
    ) == [
        ("01", "海州区", Decimal(10), "supermarket", True, "2025-09"),
        ("02", "海州区", Decimal(20), "supermarket", True, "2025-09"),
        ("03", "东海县", Decimal(7), "supermarket", True, "2025-09"),
    ]
    assert _table(warehouse, "_sheet, _row_number") == [("门店配送", 5), ("门店配送", 6), ("门店配送", 8)]


def test_really_merged_cells(warehouse: Any, load: Any) -> None:
    content = book(
        {
            "门店配送": stores_above(store("01"), store("02", district=None)),
            "冷链企业": COLD_ROWS,
            "医药配送企业": PHARMA_ROWS,
        },
        [("门店配送", "A1:I1"), ("门店配送", "A2:I2"), ("门店配送", "G3:I3"), ("门店配送", "A5:A6")]
        + [("门店配送", f"{letter}3:{letter}4") for letter in "ABCDEF"],
    )
    assert load(content)[STORES].rows_loaded == 2
    assert _table(warehouse, "district_name") == [("海州区",), ("海州区",)]


@pytest.mark.parametrize(
    ("note", "upper", "factor"),
    [
        ("单位：千克    填报单位：连云港市商务局", UPPER, 1000),
        ("单位:公斤", UPPER, 1000),
        ("单 位：吨", UPPER, 1),
        ("填报单位：连云港市商务局", (*UPPER[:5], "配送总量（千克）", "其中（千克）", None, None), 1000),
    ],
)
def test_units_in_notes_and_titles(warehouse: Any, load: Any, note: str, upper: Any, factor: int) -> None:
    values = [value * factor for value in (12, 4, 3, 1)]
    rows = [(TITLE,), (note,), upper, LOWER, store("01", *values), ("合计", *[None] * 4, *values)]
    outcome = load(report(rows))[STORES]
    assert _table(warehouse, "total_tonnes, joint_tonnes, joint_night_tonnes") == [
        (Decimal(12), Decimal(4), Decimal(1))
    ]
    assert ("unit_converted" in dict(_codes(outcome))) is (factor != 1)
    assert "total_mismatch" not in dict(_codes(outcome))


def test_numbers_as_text(warehouse: Any, load: Any) -> None:
    rows = [store("01", "１，２３４．５", "1,000", " 12.5 ", "500公斤"), store(1002, 7.0, 1, 1, 1)]
    assert load(report(stores_above(*rows)))[STORES].rows_loaded == 2
    expected = [
        ("01", Decimal("1234.5"), Decimal(1000), Decimal("0.5")),
        ("1002", Decimal(7), Decimal(1), Decimal(1)),
    ]
    assert _table(warehouse, "store_code, total_tonnes, joint_tonnes, joint_night_tonnes") == expected


def test_percentages(warehouse: Any, load: Any) -> None:
    shares: list[Any] = ["85%", "８５．５％", (0.855, "0.0%"), 85, (1, "0%"), "0.5%", 0]

    for share, expected in zip(shares, (85, 85.5, 85.5, 85, 100, 0.5, 0), strict=True):
        pharma = [(TITLE,), PHARMA, (CODES[1], "医药甲", "GSP-1", "2012年6月18日", share)]
        outcome = load(report(stores_above(store("01")), pharma=pharma))[PHARMACY]
        assert _table(warehouse, "informatization_pct", PHARMACY) == [(Decimal(str(expected)),)], share
        assert _codes(outcome) == []


def test_a_bare_fraction_is_read_as_one_and_told(warehouse: Any, load: Any) -> None:
    pharma = [(TITLE,), PHARMA, (CODES[1], "医药甲", "GSP-1", "2012年6月18日", 0.85)]
    outcome = load(report(stores_above(store("01")), pharma=pharma))[PHARMACY]
    assert _table(warehouse, "informatization_pct", PHARMACY) == [(Decimal(85),)]
    assert _codes(outcome) == [("fraction_read_as_percentage", "warning")]


@pytest.mark.parametrize(
    "written", ["2014年3月9日", 41707, MIDNIGHT, date(2014, 3, 9), "2014.3.9", "20140309"]
)
def test_dates(warehouse: Any, load: Any, written: Any) -> None:
    cold = [(TITLE,), COLD, (CODES[0], "冷链甲", 1200, 3, written)]
    load(report(stores_above(store("01")), cold=cold))
    assert _table(warehouse, "registered_on", COLD_CHAIN) == [(date(2014, 3, 9),)]


def test_totals_that_differ_are_told(load: Any) -> None:
    rows = stores_above(
        store("01", 10, 4, 3, 1), ("小计", *[None] * 4, 11, 4, 3, 1), ("合计", *[None] * 4, 10, 5, 3, 1)
    )
    outcome = load(report(rows))[STORES]
    found = [(w.code, w.severity, w.column) for w in outcome.warnings if w.code == "total_mismatch"]
    assert found == [
        ("total_mismatch", "warning", "total_tonnes"),
        ("total_mismatch", "critical", "joint_tonnes"),
    ]
    words = next(w for w in outcome.warnings if w.severity == "critical")
    assert "合计" in words.message_zh and "第 7 行" in words.message_zh and "row 7" in words.message_en


@pytest.mark.usefixtures("every_share_tolerated")
def test_rows_that_break_the_contract_name_sheet_and_row(warehouse: Any, load: Any) -> None:
    rows = stores_above(
        store("01"),
        store("02", total=None),
        store("03", night="待核实"),
        store("04", joint=11),
        ("海州区", "05", "门店05", "便民摊点", "是", 1, 0, 0, 0),
        store("01"),
        store(None),  # type: ignore[arg-type]
    )
    outcome = load(report(rows))[STORES]
    assert (outcome.rows_in_file, outcome.rows_loaded, outcome.rows_rejected) == (7, 1, 6)
    with warehouse.connect("loader") as connection:
        found = connection.execute(
            "select row_number, column_name, reason_code, sheet, message_zh from ops.rejected_row order by 1"
        ).fetchall()
    assert [row[:3] for row in found] == [
        (6, "total_tonnes", "missing_value"),
        (7, "night_tonnes", "not_a_number"),
        (8, "joint_tonnes", "part_exceeds_whole"),
        (9, "store_kind_code", "not_in_code_list"),
        (10, "store_code", "duplicate_key"),
        (11, "store_code", "missing_value"),
    ]
    assert {row[3] for row in found} == {"门店配送"}
    for part in (
        "市商务局",
        "月报_最终版(2).xlsx",
        "门店配送",
        "第 7 行",
        "night_tonnes",
        "待核实",
        "数字",
        "重新报送",
    ):
        assert part in found[1][4]


def test_the_header_may_stand_anywhere_and_be_repeated(load: Any) -> None:
    rows = [(), (TITLE,), (), ("单位：吨",), (), UPPER, LOWER, store("01"), UPPER, LOWER, store("02")]
    outcome = load(report(rows))[STORES]
    assert outcome.rows_loaded == 2
    assert outcome.warnings[0].message_en.endswith("header 2.")


def test_columns_may_change_places_and_names(warehouse: Any, load: Any) -> None:
    titles = (
        "夜间配送量(吨)",
        "总量",
        "门店编号",
        "门店名称",
        "门店类型",
        "中心城区",
        "集中配送",
        "经办人",
        "共同且夜间",
    )
    rows = [(TITLE,), titles, (3, 10, "01", "店", "连锁店", "否", 4, "王", 1)]
    outcome = load(report(rows))[STORES]
    assert _table(
        warehouse, "store_code, total_tonnes, joint_tonnes, night_tonnes, joint_night_tonnes, district_name"
    ) == [("01", Decimal(10), Decimal(4), Decimal(3), Decimal(1), None)]
    assert {(w.code, w.column) for w in outcome.warnings} == {
        ("new_column", "经办人"),
        ("missing_column", "district_name"),
    }


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"garbage", "不是 Excel 工作簿"),
        (report(stores_above(store("01")))[:2000], "不是 Excel 工作簿"),
        (report([(TITLE.replace("9月", "8月"),), UPPER, LOWER, store("01")]), "标题为 2025-08"),
        (report([(TITLE,), UPPER[:5], store("01")[:5]]), "total_tonnes"),
        (report([(TITLE,), ("甲", "乙"), (1, 2)]), "找不到表头"),
        (book({"冷链企业": [(TITLE,), COLD], "Sheet3": [(1, 2)]}), "应有工作表“门店配送”"),
    ],
)
def test_a_form_that_cannot_be_right_stops_and_nothing_is_replaced(
    warehouse: Any, load: Any, deliveries: Deliveries, content: bytes, words: str
) -> None:
    load(report(stores_above(store("01"))))
    with pytest.raises(LoadStoppedError, match=words) as stopped:
        load(content)
    assert _table(warehouse, "store_code") == [("01",)]
    outcome = next(each for each in stopped.value.outcomes if each.dataset_id == STORES)
    assert outcome.outcome_code == "stopped"
    with warehouse.connect("loader") as connection:
        query = "select error_message, rows_loaded from ops.load where load_id = %s"
        row = connection.execute(query, [outcome.load_id]).fetchone()
    assert row is not None and "月报_最终版(2).xlsx" in row[0] and row[1] == 0


def test_one_sheet_that_stops_leaves_the_others_loaded(warehouse: Any, load: Any) -> None:
    with pytest.raises(LoadStoppedError) as stopped:
        load(report([(TITLE,), ("甲", "乙"), (1, 2)]))
    found = {outcome.dataset_id: outcome.outcome_code for outcome in stopped.value.outcomes}
    assert found == {STORES: "stopped", COLD_CHAIN: "loaded", PHARMACY: "loaded"}


def test_a_renamed_sheet_is_found_by_its_titles(load: Any) -> None:
    content = book(
        {
            "Sheet1": stores_above(store("01")),
            "冷链企业": COLD_ROWS,
            "医药配送企业": PHARMA_ROWS,
        }
    )
    outcome = load(content)[STORES]
    assert outcome.rows_loaded == 1
    assert _codes(outcome) == [("sheet_renamed", "warning")]


def test_a_title_without_a_month_is_loaded_with_a_warning(load: Any) -> None:
    outcome = load(report([("门店配送",), UPPER, LOWER, store("01")]))[STORES]
    assert _codes(outcome) == [("title_without_period", "warning")]
