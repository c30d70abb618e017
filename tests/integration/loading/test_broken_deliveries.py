"""One delivery that no reader foresaw: the agency's other ones are loaded, tonight and every night after."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Callable
from datetime import date, timedelta
from io import BytesIO
from typing import Any

import psycopg
import pytest
from green_freight import loading, pipeline
from green_freight.agencies import registers
from green_freight.agencies.agency import agency_named
from green_freight.agencies.registers import reconcile, refetch_requests
from green_freight.landing import Exchange
from green_freight.loading import LoadStoppedError, dataset_load
from green_freight.loading.readers.sheets import LAST_ROW
from green_freight.periods import Period
from green_freight.warehouse import Warehouse, runs

from tests.integration.loading.deliveries import Deliveries
from tests.integration.loading.postal_forms import FORMS
from tests.integration.loading.workbooks import report, store, stores_above

TRICYCLES = FORMS["tricycles"]
# What is wrong with the file of tricycles: it stops, and never with an exception of the code.
BROKEN = {
    "key column renamed": TRICYCLES.replace("编号", "车牌号", 1).encode("utf-8-sig"),
    "key column missing": TRICYCLES.replace("编号,", "", 1).replace("TR1,", "", 1).encode("utf-8-sig"),
    "two byte order marks": b"\xef\xbb\xbf" + TRICYCLES.encode("utf-8-sig"),
    "empty": b"",
    "not text": bytes(range(256)) * 40,
}


def _land(deliveries: Deliveries, month: str, **contents: bytes) -> None:
    for name, text in FORMS.items():
        content = contents.get(name, text.encode("utf-8-sig"))
        deliveries.land("postal", name, month, f"postal_{name}_{month.replace('-', '')}_v1.csv", content)


def _loads(warehouse: Warehouse) -> dict[tuple[str, str], str]:
    with warehouse.connect("loader") as loader:
        rows = loader.execute(
            "select delivery_name, period_label, outcome_code from ops.load order by load_id"
        )
        return {(delivery, period): outcome for delivery, period, outcome in rows}


def _night(warehouse: Warehouse, number: int) -> None:
    run_id = f"nightly/{number}"
    runs.begin(warehouse, run_id, "nightly", date(2025, 10, 9) + timedelta(days=number))
    pipeline.load_landed(warehouse, run_id, "postal")


@pytest.mark.parametrize("fault", BROKEN)
def test_a_broken_file_stops_alone_and_later_nights_load_the_others(
    warehouse: Warehouse, deliveries: Deliveries, fault: str
) -> None:
    _land(deliveries, "2025-09", tricycles=BROKEN[fault])
    with pytest.raises(LoadStoppedError):
        _night(warehouse, 1)
    _land(deliveries, "2025-10")
    _night(warehouse, 2)
    expected = {(name, month): "loaded" for name in FORMS for month in ("2025-09", "2025-10")}
    assert _loads(warehouse) == expected | {("tricycles", "2025-09"): "stopped"}


@pytest.mark.parametrize(
    "error", [StopIteration, KeyError("x"), RecursionError, MemoryError, AssertionError], ids=repr
)
def test_an_error_of_the_code_in_one_file_stops_that_file_only(
    warehouse: Warehouse, deliveries: Deliveries, monkeypatch: pytest.MonkeyPatch, error: Any
) -> None:
    _break_reading(monkeypatch, "postal_terminal_station", error)
    _land(deliveries, "2025-09")
    with pytest.raises(LoadStoppedError, match="met an unexpected error in the file"):
        _night(warehouse, 1)
    stopped = {("terminal_stations", "2025-09"): "stopped"}
    assert _loads(warehouse) == {(name, "2025-09"): "loaded" for name in FORMS} | stopped
    _night(warehouse, 2)
    assert _loads(warehouse) == {(name, "2025-09"): "loaded" for name in FORMS} | stopped


def test_a_database_that_is_gone_is_no_fault_of_the_file(
    warehouse: Warehouse, deliveries: Deliveries, monkeypatch: pytest.MonkeyPatch
) -> None:
    _break_reading(monkeypatch, "postal_terminal_station", psycopg.OperationalError("gone"))
    _land(deliveries, "2025-09")
    with pytest.raises(psycopg.OperationalError):
        _night(warehouse, 1)


def test_what_landed_for_a_delivery_that_is_gone_from_the_contracts_blocks_nothing(
    warehouse: Warehouse, deliveries: Deliveries
) -> None:
    deliveries.land("postal", "mopeds", "2025-09", "postal_mopeds_202509_v1.csv", b"x")
    _land(deliveries, "2025-09")
    _night(warehouse, 1)
    assert _loads(warehouse) == {(name, "2025-09"): "loaded" for name in FORMS}


def test_a_cell_far_below_the_last_row_stops_the_sheet_at_once(
    warehouse: Warehouse, deliveries: Deliveries
) -> None:
    content = _moved_row(report(stores_above(store("A1"), store("A2"))), "5", str(LAST_ROW + 1))
    deliveries.land("commerce", "monthly_report", "2025-09", "2025年9月.xlsx", content)
    found = loading.load_agency(warehouse, "commerce", [("monthly_report", Period("2025-09"))], "run-1")
    [stop] = [one for one in found.stopped if one.dataset_id == "commerce_store_delivery"]
    assert f"outside rows 1 to {LAST_ROW:,}" in (stop.error_message or "")


@pytest.mark.parametrize("error", [StopIteration, KeyError("x")], ids=repr)
def test_a_register_that_breaks_the_code_costs_the_night_nothing_else(
    warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch, error: Any
) -> None:
    power, day = agency_named("power"), date(2025, 9, 30)
    listing = {"stations": [Exchange({}, "{}")]}

    def breaks(*_: Any) -> None:
        raise error

    monkeypatch.setattr(registers, "listed_records", breaks)
    with warehouse.connect("loader") as session:
        plan = reconcile(session, power, listing, {}, day)
        assert ([name for name, _ in plan.anomalies], plan.requests) == (["stations"], [])
        assert refetch_requests(session, power, listing, day, 62) == []


def test_a_register_that_is_not_as_agreed_asks_for_no_day_again(warehouse: Warehouse) -> None:
    listing = {"stations": [Exchange({}, "<html>busy</html>")]}
    with warehouse.connect("loader") as session:
        assert refetch_requests(session, agency_named("power"), listing, date(2025, 9, 30), 62) == []


def _break_reading(monkeypatch: pytest.MonkeyPatch, dataset: str, error: Any) -> None:
    reading: Callable[..., Any] = dataset_load.open_reading

    def opened(source: Any) -> Any:
        if source.contract.id == dataset:
            raise error
        return reading(source)

    monkeypatch.setattr(dataset_load, "open_reading", opened)


def _moved_row(book: bytes, number: str, to: str) -> bytes:
    """Return a workbook whose first sheet claims another number for a row."""
    target = BytesIO()
    with (
        zipfile.ZipFile(BytesIO(book)) as before,
        zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as after,
    ):
        for name in before.namelist():
            content = before.read(name)
            if name == "xl/worksheets/sheet1.xml":
                text = content.decode()
                assert f'<row r="{number}"' in text
                text = re.sub(rf'(<row r="){number}"', rf'\g<1>{to}"', text)
                content = re.sub(rf'(<c r="[A-Z]+){number}"', rf'\g<1>{to}"', text).encode()
            after.writestr(name, content)
    return target.getvalue()
