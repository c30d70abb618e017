"""Dates, times, yes and no as spreadsheets, databases and platforms write them."""

from __future__ import annotations

import gzip
import io
import json
from datetime import date, datetime
from typing import Any

import pytest
from green_freight.contracts.truth_values import truth_value
from green_freight.loading.cell_values import day
from green_freight.written_dates import moment_in
from openpyxl import load_workbook
from openpyxl.utils.datetime import CALENDAR_MAC_1904

from tests.integration.loading.deliveries import answers, order
from tests.integration.loading.postal_forms import TRICYCLE_HEADER
from tests.integration.loading.workbooks import CODES, PHARMA, report, stores_above
from tests.unit.contracts.test_row_model import VEHICLE
from tests.unit.loading.reading import read

DAY = "2025-09-30"
THE_DAY = date(2021, 10, 9)


def _tricycles(*rows: str) -> Any:
    return read("postal_tricycle", "\r\n".join([TRICYCLE_HEADER, *rows, ""]).encode("utf-8-sig"))


@pytest.mark.parametrize(
    "written",
    [
        "2021/10/9 0:00", "2021/10/09 0:00:00", "2021-10-09 00:00", "2021-10-09 00:00:00.000", "2021-10-09T00:00:00",
        "2021年10月9日 0时", "2021年10月9日0:00", "2021/10/9 上午12:00:00", "2021-10-09 12:00:00 AM",
        "2021-10-08 24:00",
        "20211009 000000", "20211009000000", "2021.10.9", "２０２１／１０／９　０：００", "二〇二一年十月九日 0:00",
    ],
)  # fmt: skip
def test_a_date_with_midnight_is_the_date(written: str) -> None:
    assert day(written) == THE_DAY
    assert _tricycles(f"TR1,甲,320706,{written},,,是,").values("in_use_from") == [THE_DAY]
    [listed] = _vehicles(in_service_on=written).values("in_service_on")
    assert listed == THE_DAY


@pytest.mark.parametrize(
    "written", ["2021-10-08T16:00:00Z", "2021-10-09T00:00:00+08:00", "2021-10-09T00:00:00Z"]
)
def test_midnight_of_a_zone_is_the_day_in_shanghai(written: str) -> None:
    assert _vehicles(in_service_on=written).values("in_service_on") == [THE_DAY]


@pytest.mark.parametrize(
    "written",
    [
        "10/9/2021", "21-10-09", "09.10.2021", "2021/10/9 08:30", "2021-13-01", "2021-02-29", "2021/10/9 25:00",
        "2021/10/9 24:01", "2021/10", "2021-10-09 0", "2021/10/90:00", "2021-10-09 上午13:00", "44478.5", "1633708800",
    ],
)  # fmt: skip
def test_what_has_another_or_no_reading_is_rejected(written: str) -> None:
    found = _tricycles("TR1,甲,320706,2021-10-09,,,是,", f"TR2,甲,320706,{written},,,是,")
    assert (len(found.rows), found.faults) == (1, [(3, "in_use_from", "not_a_date")])


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("2025-09-30 8:05:00", "2025-09-30T08:05:00"), ("2025/09/30 08:05:00", "2025-09-30T08:05:00"),
        ("2025/9/30 8:05", "2025-09-30T08:05:00"), ("2025-9-30T8:5:7", "2025-09-30T08:05:07"),
        ("20250930080500", "2025-09-30T08:05:00"), ("20250930 8:05", "2025-09-30T08:05:00"),
        ("2025-09-30 08:05:00.123456789", "2025-09-30T08:05:00.123456"),
        ("2025年9月30日 8时5分7秒", "2025-09-30T08:05:07"),
        ("2025-09-30 下午 3:05", "2025-09-30T15:05:00"), ("2025-09-30 3:05 PM", "2025-09-30T15:05:00"),
        ("2025-09-30 12:05 PM", "2025-09-30T12:05:00"), ("2025-09-29 24:00:00", "2025-09-30T00:00:00"),
        ("2025-09-30T00:05:00Z", "2025-09-30T08:05:00"), ("2025-09-30 09:05:00 +0900", "2025-09-30T08:05:00"),
    ],
)  # fmt: skip
def test_times_of_orders_are_read(written: str, expected: str) -> None:
    line = json.dumps(order(1, StartTime=written, EndTime="2025-09-30 23:59:59"))
    found = read("power_charge_order", gzip.compress(line.encode()), DAY)
    assert found.values("started_at") == [datetime.fromisoformat(expected)]


@pytest.mark.parametrize(
    "written", ["2025-09-30", "20250930", 1759190700, "9/30/2025 8:05", "8:05", "2025-09-30 8"]
)
def test_no_time_is_made_up(written: Any) -> None:
    line = json.dumps(order(1, StartTime=written))
    found = read("power_charge_order", gzip.compress(line.encode()), DAY)
    assert found.faults == [(1, "started_at", "not_a_date")]


def test_a_text_is_a_moment_or_none() -> None:
    assert moment_in("2021-10-09") == THE_DAY
    assert moment_in("去年春天") is None


def test_serial_days_of_a_workbook_of_1904_are_its_own() -> None:
    cells = (date(2012, 6, 18), 39616, 39616.0, "2012/6/18 0:00", "39616", 12)
    assert _pharma(CALENDAR_MAC_1904, *cells) == ([date(2012, 6, 18)] * 4, ["39616", "12"])
    # In the usual system, the same number is four years and a day earlier.
    assert _pharma(None, 41078, "41078", 39616) == ([date(2012, 6, 18)] * 2 + [date(2008, 6, 17)], [])


def _pharma(epoch: Any, *days: Any) -> tuple[list[Any], list[str]]:
    """Return the days that are read from a form whose workbook counts from an epoch, and what was rejected."""
    rows = [(CODES[0], "甲", "G1", each, "85%") for each in days]
    content = report(stores_above(), pharma=[("2025年9月",), PHARMA, *rows])
    if epoch is not None:
        book = load_workbook(io.BytesIO(content))
        book.epoch, target = epoch, io.BytesIO()
        book.save(target)
        content = target.getvalue()
    found = read("commerce_pharma_enterprise", content)
    return found.values("first_operated_on"), [str(one.issue.value) for one in found.rejected]


YES = (
    "是",
    "有",
    "对",
    "真",
    "√",
    "✔",
    "☑",
    "Y",
    "Yes",
    "TRUE",
    "t",
    "on",
    1,
    1.0,
    "1",
    "-1",
    True,
    "已删除",
    "ＹＥＳ",
    "\x01",
)
NO = (
    "否",
    "无",
    "没有",
    "假",
    "×",
    "✗",
    "N",
    "no",
    "False",
    "f",
    "OFF",
    0,
    0.0,
    "0",
    False,
    "未删除",
    "\x00",
)


def test_yes_and_no_in_every_usual_spelling() -> None:
    assert [each for each in YES if truth_value(each) is not True] == []
    assert [each for each in NO if truth_value(each) is not False] == []
    assert [
        each for each in ("○", "☒", "2", 2, "", None, "是否", ["1"]) if isinstance(truth_value(each), bool)
    ] == []


@pytest.mark.parametrize("mark", [each for each in YES if each is not True])
def test_a_deletion_is_a_deletion_however_it_is_marked(mark: Any) -> None:
    # A tombstone has nothing but its key.
    key = {"vehicle_id": "V1", "changed_at": VEHICLE["changed_at"], "is_deleted": mark}
    found = _vehicles(**(dict.fromkeys(VEHICLE) | key))
    assert (found.values("is_deleted"), found.faults) == ([True], [])


@pytest.mark.parametrize("mark", NO)
def test_a_record_that_is_not_deleted_is_a_whole_record(mark: Any) -> None:
    assert _vehicles(is_deleted=mark).values("is_deleted") == [False]
    assert _vehicles(is_deleted=mark, plate_no=None).faults == [(1, "plate_no", "missing_value")]


@pytest.mark.parametrize("mark", ["○", "2", 2, "删", 0.5])
def test_an_unclear_mark_is_rejected(mark: Any) -> None:
    assert _vehicles(is_deleted=mark).faults == [(1, "is_deleted", "not_a_boolean")]


def _vehicles(**changes: Any) -> Any:
    row = VEHICLE | changes
    return read("transport_vehicle", answers([({}, json.dumps({"code": 0, "items": [row]}))]))
