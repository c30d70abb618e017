"""What cannot be all of a delivery: no rows, far fewer than last time, those of another month, many rejected ones."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from green_freight.contracts import Handling, contract
from green_freight.landing import LandingStore
from green_freight.loading import LoadOutcome
from green_freight.loading.dataset_load import Task, load_dataset
from green_freight.periods import Period
from green_freight.reporting import run_report
from green_freight.warehouse import Warehouse

from tests.integration.loading.deliveries import Deliveries, operation, order, order_file, pages
from tests.integration.loading.postal_forms import PARCEL_HEADER, STATION_HEADER, TRICYCLE_HEADER
from tests.integration.loading.workbooks import COLD, PHARMA, TITLE, report, store, stores_above

DAY = "2025-09-30"


def _tricycles(count: int) -> bytes:
    rows = [f"TR{number},甲,320706,2021-10-29,,,是," for number in range(count)]
    return "\r\n".join([TRICYCLE_HEADER, *rows, ""]).encode("utf-8-sig")


def _parcels(volume: int, companies: int = 12) -> bytes:
    rows = [f"320706,公司{number},{volume + number},8" for number in range(companies)]
    return "\r\n".join([PARCEL_HEADER, *rows, ""]).encode("utf-8-sig")


class _Forms:
    """Lands a dataset's file and loads it, by its contract or a changed one."""

    def __init__(self, warehouse: Warehouse, deliveries: Deliveries) -> None:
        self.warehouse, self.deliveries, self.version = warehouse, deliveries, 0

    def load(self, dataset: str, period: str, content: bytes, **changes: Any) -> LoadOutcome:
        found = replace(contract(dataset), **changes) if changes else contract(dataset)
        self.version += 1
        self.deliveries.land(
            found.agency, found.delivery, period, f"{dataset}_{self.version}", content, self.version
        )
        return self.again(dataset, period, **changes)

    def again(self, dataset: str, period: str, **changes: Any) -> LoadOutcome:
        found = replace(contract(dataset), **changes) if changes else contract(dataset)
        store = LandingStore(self.warehouse.landing_url)
        with self.warehouse.connect("loader", autocommit=True) as loader:
            outcome = load_dataset(loader, Task(found, Period(period), "run-1", store))
        assert outcome is not None
        return outcome

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        with self.warehouse.connect("owner") as owner:
            return list(owner.execute(query.encode()).fetchall())


@pytest.fixture
def forms(warehouse: Warehouse, deliveries: Deliveries) -> _Forms:
    return _Forms(warehouse, deliveries)


def _stopped_words(outcome: LoadOutcome) -> str:
    assert (outcome.outcome_code, outcome.complete_through, outcome.rows_loaded) == ("stopped", None, 0)
    assert outcome.error_message is not None
    return outcome.error_message


EMPTY_FORMS = {
    "postal_tricycle": f"{TRICYCLE_HEADER}\r\n".encode("utf-8-sig"),
    "postal_terminal_station": f"{STATION_HEADER}\r\n\r\n,,,,,,,\r\n".encode("utf-8-sig"),
    "postal_parcel_volume": f"{PARCEL_HEADER}\r\n合计,,0,0\r\n".encode("utf-8-sig"),
    "commerce_store_delivery": report(stores_above(("注：本月无数据",))),
    "commerce_cold_chain_enterprise": report(stores_above(), cold=[(TITLE,), COLD]),
    "commerce_pharma_enterprise": report(stores_above(), pharma=[(TITLE,), PHARMA, ("填表人：王某",)]),
}


@pytest.mark.parametrize("dataset", EMPTY_FORMS)
def test_a_form_with_titles_and_no_row_stops(forms: _Forms, dataset: str) -> None:
    words = _stopped_words(forms.load(dataset, "2025-09", EMPTY_FORMS[dataset]))
    assert "没有一行数据" in words and "no row" in words and "2025-09" in words


def test_a_form_of_which_the_only_row_is_rejected_stops(forms: _Forms) -> None:
    content = f"{TRICYCLE_HEADER}\r\nTR1,甲,320706,去年春天,,,是,\r\n".encode()
    assert "1 of 1 rows" in _stopped_words(forms.load("postal_tricycle", "2025-09", content))


def test_a_register_without_changes_is_complete(forms: _Forms) -> None:
    outcome = forms.load("transport_vehicle", DAY, pages([]))
    assert (outcome.outcome_code, outcome.rows_loaded) == ("loaded", 0)
    assert outcome.complete_through is not None


@pytest.mark.parametrize(
    ("month", "version_of"), [("2025-09", "the next month"), ("2025-08", "the same month")]
)
def test_far_fewer_rows_than_last_time_stop(forms: _Forms, month: str, version_of: str) -> None:
    assert forms.load("postal_tricycle", "2025-08", _tricycles(40)).outcome_code == "loaded"
    assert "1 rows, 40 in 2025-08" in _stopped_words(forms.load("postal_tricycle", month, _tricycles(1)))
    assert "19 rows, 40 in 2025-08" in _stopped_words(forms.load("postal_tricycle", month, _tricycles(19)))
    assert forms.rows("select count(*) from raw.postal_tricycle") == [(40,)]
    assert forms.load("postal_tricycle", month, _tricycles(20)).outcome_code == "loaded"


def test_few_rows_are_a_part_where_the_contract_says_so(forms: _Forms) -> None:
    forms.load("postal_tricycle", "2025-07", _tricycles(40))
    partial = {"on_few_rows": Handling.PARTIAL}
    outcome = forms.load("postal_tricycle", "2025-08", _tricycles(5), **partial)
    assert [(w.code, w.severity) for w in outcome.warnings] == [("far_fewer_rows", "warning")]
    assert (outcome.outcome_code, outcome.rows_loaded, outcome.complete_through) == ("loaded", 5, None)
    # The same file again does not become complete, and a part never replaces a complete load.
    again = forms.again("postal_tricycle", "2025-08", **partial)
    assert (again.outcome_code, again.complete_through) == ("unchanged", None)
    forms.load("postal_tricycle", "2025-08", _tricycles(40))
    _stopped_words(forms.load("postal_tricycle", "2025-08", _tricycles(3), **partial))
    accepted = forms.load("postal_tricycle", "2025-09", _tricycles(3), on_few_rows=Handling.ACCEPT)
    assert accepted.complete_through is not None


@pytest.mark.parametrize(("first", "second"), [("2025-08", "2025-09"), ("2025-09", "2025-08")])
def test_figures_of_the_month_before_or_after_stop(forms: _Forms, first: str, second: str) -> None:
    assert forms.load("postal_parcel_volume", first, _parcels(100)).outcome_code == "loaded"
    words = _stopped_words(forms.load("postal_parcel_volume", second, _parcels(100)))
    assert f"as in {first}" in words and "错投" in words
    assert forms.load("postal_parcel_volume", second, _parcels(101)).outcome_code == "loaded"


def test_a_workbook_sent_for_another_month_stops_though_its_title_was_changed(forms: _Forms) -> None:
    stores = [store(f"{number:02d}", 10 + number) for number in range(12)]
    for month, outcome in (("8月", "loaded"), ("9月", "stopped")):
        rows = [(TITLE.replace("9月", month),), *stores_above(*stores)[1:]]
        found = forms.load("commerce_store_delivery", f"2025-0{month[0]}", report(rows))
        assert found.outcome_code == outcome
    assert "as in 2025-08" in _stopped_words(found)


def test_a_register_may_stay_as_it_was(forms: _Forms) -> None:
    for month in ("2025-08", "2025-09"):
        assert forms.load("postal_tricycle", month, _tricycles(12)).outcome_code == "loaded"


EVENT_FILES = {
    # As of two public data sets of charging sessions: 25 of 105 and 22 of 89 rows lack an end.
    "orders without an end": (
        "power_charge_order", order_file(order(n, **({"EndTime": None} if n < 25 else {})) for n in range(105)), 25,
    ),
    "orders with an end before the start": (
        "power_charge_order",
        order_file(order(n, **({"EndTime": "2025-09-30 07:00:00"} if n < 22 else {})) for n in range(89)), 22,
    ),
    "operation of another day": (
        "transport_vehicle_operation",
        pages([operation(n, **({"operation_date": "2025-09-29"} if n < 30 else {})) for n in range(90)], 50), 30,
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", EVENT_FILES)
def test_the_good_rows_of_a_day_are_loaded_and_the_day_is_partial(forms: _Forms, case: str) -> None:
    dataset, content, rejected = EVENT_FILES[case]
    outcome = forms.load(dataset, DAY, content)
    assert (outcome.outcome_code, outcome.rows_rejected, outcome.complete_through) == (
        "loaded", rejected, None,
    )  # fmt: skip
    assert outcome.rows_loaded + outcome.rows_rejected == outcome.rows_in_file
    assert [(w.code, w.severity) for w in outcome.warnings] == [("too_many_rejected", "warning")]
    with forms.warehouse.connect("builder") as session:
        report_of_run = "\n".join(run_report._lines(session, "run", "run-1"))
    assert f"数据集 {dataset}，期次 {DAY}：{outcome.warnings[0].message_zh}" in report_of_run
    missing = "select missing_labels from ops.dataset_month('2025-09-30') where dataset_id = "
    [(labels,)] = forms.rows(f"{missing}'{dataset}' and period_month = '2025-09-01'")
    assert DAY in labels


def test_a_part_of_a_day_replaces_no_complete_day_and_a_whole_file_replaces_the_part(forms: _Forms) -> None:
    dataset, content, _ = EVENT_FILES["orders without an end"]
    forms.load(dataset, DAY, content)
    whole = forms.load(dataset, DAY, order_file(order(n) for n in range(105)))
    assert whole.complete_through is not None
    assert "25 of 105 rows" in _stopped_words(forms.load(dataset, DAY, content))
    assert forms.rows("select count(*) from raw.power_charge_order") == [(105,)]


def test_a_recorded_load_is_repeated_without_comparing_it(forms: _Forms) -> None:
    forms.load("postal_tricycle", "2025-08", _tricycles(40))
    forms.deliveries.land("postal", "tricycles", "2025-09", "v1.csv", _tricycles(1))
    task = Task(
        contract("postal_tricycle"), Period("2025-09"), "r", LandingStore(forms.warehouse.landing_url), True
    )
    with forms.warehouse.connect("loader", autocommit=True) as loader:
        outcome = load_dataset(loader, task)
    assert outcome is not None and (outcome.outcome_code, outcome.rows_loaded) == ("loaded", 1)
