"""Cells that are not there: merged areas, and empty cells at the end of a row."""

from __future__ import annotations

from typing import Any

import pytest

from tests.integration.loading.postal_forms import STATION_HEADER, TRICYCLE_HEADER
from tests.integration.loading.workbooks import book, stores_above
from tests.unit.loading.reading import read

HEADER = 4


def _stores(rows: list[tuple[Any, ...]], *areas: str) -> Any:
    content = book({"门店配送": stores_above(*rows)}, [("门店配送", area) for area in areas])
    return read("commerce_store_delivery", content)


def _row(
    code: str | None, district: Any = "海州区", kind: Any = "超市", centre: Any = "是", total: Any = 10
) -> Any:
    return (district, code, "门店", kind, centre, total, 4, 3, 1)


def test_a_merged_cell_counts_for_each_of_its_rows() -> None:
    rows = [
        _row("A1"),
        _row("A2", None, None, None),
        _row("A3", None, None, None),
        _row("A4", "连云区", "便利店", "否"),
    ]
    found = _stores(rows, "A5:A7", "D5:D7", "E5:E7")
    assert found.faults == []
    assert found.values("store_kind_code")[:3] == ["supermarket"] * 3
    assert found.values("is_centre_area") == [True, True, True, False]
    assert found.values("district_name") == ["海州区", "海州区", "海州区", "连云区"]


def test_a_cell_below_a_merged_area_is_empty() -> None:
    found = _stores([_row("A1"), _row("A2", kind=None), _row("A3", kind=None)], "D5:D6")
    assert found.faults == [(7, "store_kind_code", "missing_value")]


def test_a_merged_amount_is_not_the_amount_of_each_row() -> None:
    found = _stores([_row("A1"), _row("A2", total=None)], "F5:F6")
    assert found.faults == [(6, "total_tonnes", "missing_value")]


def test_a_merged_key_is_not_the_key_of_each_row() -> None:
    found = _stores([_row("A1"), _row(None)], "B5:B6")
    assert found.faults == [(6, "store_code", "missing_value")]


def test_a_title_merged_into_the_table_is_no_value() -> None:
    found = _stores([_row("A1", kind=None)], "D4:D5")
    assert found.faults == [(5, "store_kind_code", "missing_value")]


def test_a_cell_beside_the_first_one_of_a_merged_area_is_empty() -> None:
    found = _stores([_row("A1"), _row("A2", kind=None, centre=None)], "D5:E6")
    assert [fault[1] for fault in found.faults] == ["is_centre_area", "is_centre_area"]


def _csv(*lines: str, header: str = TRICYCLE_HEADER, end: str = "\r\n") -> Any:
    dataset = "postal_tricycle" if header is TRICYCLE_HEADER else "postal_terminal_station"
    return read(dataset, ("\r\n".join([header, *lines]) + end).encode("utf-8-sig"))


@pytest.mark.parametrize(
    "short", ["TR1,甲,320706,2021-10-29,,,是", "TR1,甲,320706,2021-10-29,,2025-09-21,是"]
)
def test_empty_cells_at_the_end_of_a_row_may_be_left_out(short: str) -> None:
    found = _csv(short, "TR2,甲,320706,2021-10-29,,,是,")
    assert (found.faults, found.values("tricycle_no")) == ([], ["TR1", "TR2"])


def test_cells_that_a_row_needs_may_not_be_left_out() -> None:
    found = _csv("TR1,甲,320706", "TR2,甲,320706,2021-10-29,,,是,")
    assert found.faults == [(2, None, "wrong_field_count")]
    found = _csv("S1,站,甲,320706,海连路,是", "S2,站,甲,320706,海连路,是,2025-03-01", header=STATION_HEADER)
    assert (found.faults, found.values("station_no")) == ([(2, None, "wrong_field_count")], ["S2"])


def test_a_last_row_without_its_line_end_may_have_been_cut_off() -> None:
    found = _csv("TR1,甲,320706,2021-10-29,,,是,", "TR2,甲,320706,2021-10-29,,,是", end="")
    assert found.faults == [(3, None, "wrong_field_count")]
    found = _csv("TR1,甲,320706,2021-10-29,,,是", "TR2,甲,320706,2021-10-29,,,是,", end="")
    assert found.faults == []
