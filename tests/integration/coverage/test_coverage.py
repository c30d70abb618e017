"""ops.coverage over a warehouse that holds everything but what is planted: each gap is seen, and nothing else is."""

from __future__ import annotations

import calendar
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING

import pytest
from green_freight import business_days
from green_freight.agencies import AGENCIES
from green_freight.agencies.fetch_plan import PlanInputs, nightly_requests
from green_freight.agencies.fetch_records import covered_through, due_parts
from green_freight.backfill import BackfillRequest, BackfillRequestError, steps
from green_freight.contracts import Granularity
from green_freight.coverage import BackfillRange, Coverage, backfill_of, through
from green_freight.periods import Period
from green_freight.settings import PROJECT
from green_freight.warehouse import bootstrap

from local_stack import run
from tests.conftest import PASSWORDS

from .records import DELIVERIES, FIRST_MONTH, Records

if TYPE_CHECKING:
    from tests.conftest import Warehouse

DAY = date(2025, 9, 29)
ORDERS, NODES, REPORT = "power_charge_order", "transport_node", "commerce_store_delivery"
STATIONS = "power_station"
FORMS = {
    dataset
    for agency in AGENCIES.values()
    for delivery in agency.deliveries.values()
    for dataset in delivery.datasets
    if delivery.granularity is Granularity.MONTH
}


@pytest.fixture
def records(warehouse: Warehouse) -> Iterator[Records]:
    """Give a warehouse that stands for DAY and holds everything that was due by then."""
    made = Records(warehouse)
    made.run(DAY)
    made.everything(DAY)
    return made


def _differing(records: Records) -> dict[tuple[str, str], Coverage]:
    """Return the cells that are not whole although something was due."""
    return {key: one for key, one in records.cells().items() if one.state_code not in ("complete", "not_due")}


def _planned(records: Records) -> str | None:
    one = backfill_of(records.cells().values())
    return f"{one.first} {one.last} {' '.join(one.agencies)}" if one else None


def test_nothing_loaded_is_everything_missing_through_yesterday(warehouse: Warehouse) -> None:
    before = business_days.yesterday()
    cells = Records(warehouse).cells()
    assert {one.as_of_date for one in cells.values()} <= {before, business_days.yesterday()}
    assert {one.state_code for one in cells.values()} <= {"missing", "not_due"}
    assert {one.dataset_id for one in cells.values()} == set(DELIVERIES)
    assert min(one.period_month for one in cells.values()) == date(2023, 1, 1)
    request = backfill_of(cells.values())
    assert request is not None
    assert (request.first, request.agencies) == (FIRST_MONTH, tuple(AGENCIES))


def test_the_calendar_is_the_registrys_days_and_forms(records: Records) -> None:
    cells = records.cells()
    assert set(cells) == {
        (dataset, f"{year}-{month:02d}")
        for dataset in DELIVERIES
        for year in (2023, 2024, 2025)
        for month in range(1, 13 if year < 2025 else 10)
    }
    for (dataset, month), one in cells.items():
        last = calendar.monthrange(one.period_month.year, one.period_month.month)[1]
        running = month == "2025-09"
        agency, delivery = DELIVERIES[dataset]
        granularity = AGENCIES[agency].delivery(delivery).granularity
        assert (one.agency_code, one.granularity_code) == (agency, granularity)
        if dataset in FORMS:
            assert (one.parts_due, one.due_from) == (0 if running else 1, one.period_month.replace(day=last))
        else:
            assert (one.parts_due, one.due_from) == (29 if running else last, one.period_month)


def test_a_warehouse_that_holds_everything_has_no_gap_in_its_running_month_either(records: Records) -> None:
    assert _differing(records) == {}
    cells = records.cells()
    assert {key for key, one in cells.items() if one.state_code == "not_due"} == {
        (dataset, "2025-09") for dataset in FORMS
    }
    assert _planned(records) is None
    assert run.missing_history(records.warehouse.url("owner"), FIRST_MONTH, DAY) is None


def test_a_missing_day_makes_its_month_partial_and_is_named(records: Records) -> None:
    records.forget(ORDERS, "2025-08-13")
    records.forget(ORDERS, "2025-09-29")
    assert set(_differing(records)) == {(ORDERS, "2025-08"), (ORDERS, "2025-09")}
    august, september = records.cell(ORDERS, "2025-08"), records.cell(ORDERS, "2025-09")
    assert (august.state_code, august.parts_due, august.parts_delivered) == ("partial", 31, 30)
    assert august.missing_labels == ["2025-08-13"]
    assert september.missing_labels == ["2025-09-29"]
    assert _planned(records) == "2025-08 2025-09 power"
    # The night of the 29th asks for its own day; what lies before it is history.
    gap = run.missing_history(records.warehouse.url("owner"), FIRST_MONTH, DAY)
    assert gap == BackfillRange(Period("2025-08"), Period("2025-08"), ("power",))
    assert run.missing_history(records.warehouse.url("owner"), Period("2025-09"), DAY) is None


def test_events_of_months_in_which_they_are_not_wanted_are_no_missing_history(records: Records) -> None:
    url = records.warehouse.url("owner")
    records.forget(ORDERS, "2025-05-13")
    assert run.missing_history(url, FIRST_MONTH, DAY, Period("2025-06")) is None
    found = BackfillRange(Period("2025-05"), Period("2025-05"), ("power",))
    assert run.missing_history(url, FIRST_MONTH, DAY, Period("2025-05")) == found
    # Registers and forms are wanted of every month.
    records.forget(NODES, "2024-03")
    found = BackfillRange(Period("2024-03"), Period("2024-03"), ("transport",))
    assert run.missing_history(url, FIRST_MONTH, DAY, Period("2025-06")) == found


def test_a_backfill_that_would_leave_a_fragment_is_refused(records: Records) -> None:
    def refused(first: str, *agencies: str) -> str:
        request = BackfillRequest(Period(first), Period("2025-09"), agencies or tuple(AGENCIES), "test", DAY)
        with records.warehouse.connect("loader") as loader:
            try:
                request.check_history(loader)
            except BackfillRequestError as error:
                return str(error)
        return ""

    # Something is missing of the months asked for, of two registers, a form and events; nothing of those before.
    for dataset, label in (
        (NODES, "2025-09"),
        (STATIONS, "2025-08"),
        ("postal_tricycle", "2025-06"),
        (ORDERS, "2025-08"),
    ):
        records.forget(dataset, label)
    assert refused("2025-06") == ""
    # Events of the past are nobody's beginning.
    records.forget(ORDERS, "2024-05-13")
    assert refused("2025-06") == ""
    records.forget(NODES, "2024-03")
    records.forget("postal_tricycle", "2024-12")
    # Of the power company's registers, and of one that has all of the months asked for, nothing earlier is missing.
    records.forget("transport_policy", "2024-01")
    assert "2024-03 to 2024-12" in refused("2025-06")
    assert "registers and forms of transport, postal before it" in refused("2025-06")
    # The form of the running month is still to come.
    assert "2024-03 to 2025-06" in refused("2025-08")
    assert "2024-03 to 2024-03" in refused("2025-08", "transport")
    assert "2024-12 to 2024-12" in refused("2025-06", "postal")
    assert refused("2025-06", "power") == ""
    assert refused("2024-03") == ""
    with pytest.raises(BackfillRequestError, match="2024-03 to 2024-12"):
        parameters = BackfillRequest(
            Period("2025-06"), Period("2025-09"), tuple(AGENCIES), "test", DAY
        ).parameters
        steps.begin_backfill(records.warehouse, "backfill_history/fragment", parameters)
    # What was asked for and did not come holds nothing up.
    records.answer(NODES, "2024-03", "failed_permanent")
    records.answer("postal_tricycle", "2024-12", "not_delivered")
    assert refused("2025-06") == ""


def test_the_first_backfill_of_a_warehouse_begins_with_the_programme(warehouse: Warehouse) -> None:
    whole = BackfillRequest(FIRST_MONTH, Period("2025-09"), tuple(AGENCIES), "test", DAY)
    with warehouse.connect("loader") as loader:
        whole.check_history(loader)
        replace(whole, last=Period("2023-06")).check_history(loader)
        for first in ("2023-02", "2025-01", "2025-09"):
            for agencies in (tuple(AGENCIES), ("commerce",)):
                with pytest.raises(BackfillRequestError, match="2023-01 to"):
                    replace(whole, first=Period(first), agencies=agencies).check_history(loader)


def test_labels_of_days_and_of_the_month_cover_a_register_together(records: Records) -> None:
    records.forget(NODES, "2025-09")
    records.load(NODES, "2025-09", through=date(2025, 9, 20))
    for day in range(20, 30):
        records.load(NODES, f"2025-09-{day}")
    assert _differing(records) == {}
    records.forget(NODES, "2025-09-27")
    assert records.cell(NODES, "2025-09").missing_labels == ["2025-09-27"]


def test_a_form_that_was_asked_for_and_not_delivered_is_still_missing(records: Records) -> None:
    records.forget("postal_tricycle", "2025-07")
    records.answer("postal_tricycle", "2025-07", "failed_transient")
    assert records.cell("postal_tricycle", "2025-07").parts_not_delivered == 0
    assert run.missing_history(records.warehouse.url("owner"), FIRST_MONTH, DAY) is not None
    records.answer("postal_tricycle", "2025-07", "not_delivered")
    one = records.cell("postal_tricycle", "2025-07")
    assert set(_differing(records)) == {("postal_tricycle", "2025-07")}
    assert (one.state_code, one.parts_not_delivered) == ("missing", 1)
    assert one.missing_labels == ["2025-07"]
    assert _planned(records) == "2025-07 2025-07 postal"
    # The night asks for it again; the whole history is not loaded once more for it.
    assert run.missing_history(records.warehouse.url("owner"), FIRST_MONTH, DAY) is None


def test_a_form_taken_before_its_month_was_over_is_not_the_one_that_is_due(records: Records) -> None:
    records.forget("transport_reported_figure", "2025-08")
    records.load("transport_reported_figure", "2025-08", through=date(2025, 8, 30))
    one = records.cell("transport_reported_figure", "2025-08")
    assert (one.state_code, one.parts_delivered, one.rows_loaded) == ("missing", 0, 10)
    records.load("transport_reported_figure", "2025-08", outcome="unchanged")
    assert _differing(records) == {}


def test_a_load_that_stopped_leaves_the_old_rows_and_is_shown(records: Records) -> None:
    kept, never = ("postal_tricycle", "2025-08"), ("postal_tricycle", "2025-07")
    records.forget(*never)
    for dataset, label in (kept, never):
        records.load(dataset, label, outcome="stopped", rows=(50, 0, 50))
    one = records.cell(*kept)
    assert (one.state_code, one.loads_stopped, one.rows_loaded, one.rows_rejected) == ("complete", 1, 10, 0)
    one = records.cell(*never)
    assert (one.state_code, one.loads_stopped, one.rows_in_file, one.last_loaded_at) == (
        "missing",
        1,
        0,
        None,
    )
    records.load(*never)
    one = records.cell(*never)
    assert (one.state_code, one.loads_stopped, one.rows_loaded) == ("complete", 0, 10)
    assert one.last_loaded_at is not None


def test_datasets_of_one_delivery_differ(records: Records) -> None:
    records.forget("commerce_pharma_enterprise", "2025-08")
    records.load("commerce_pharma_enterprise", "2025-08", outcome="stopped")
    assert set(_differing(records)) == {("commerce_pharma_enterprise", "2025-08")}
    assert _planned(records) == "2025-08 2025-08 commerce"


def test_rejected_rows_are_those_of_the_load_that_stands(records: Records) -> None:
    records.load(ORDERS, "2025-08-13", rows=(40, 30, 10))
    records.load(ORDERS, "2025-08-13", rows=(40, 37, 3))
    records.load(ORDERS, "2025-08-14", rows=(10, 8, 2))
    records.load(ORDERS, "2025-08-14", outcome="unchanged", rows=(10, 8, 2))
    one = records.cell(ORDERS, "2025-08")
    assert (one.rows_in_file, one.rows_loaded, one.rows_rejected) == (29 * 10 + 50, 29 * 10 + 45, 5)
    rejected = {key: one.rows_rejected for key, one in records.cells().items() if one.rows_rejected}
    assert rejected == {(ORDERS, "2025-08"): 5}


def test_a_month_is_provisional_until_45_days_after_it_then_final(records: Records) -> None:
    states = {
        month: one.revision_state_code
        for (dataset, month), one in records.cells().items()
        if dataset == NODES
    }
    # 31 July + 45 days is 14 September, 31 August + 45 days is 15 October.
    assert Counter(states.values()) == {"final": 31, "provisional": 2}
    assert (states["2025-07"], states["2025-08"]) == ("final", "provisional")
    records.run(date(2025, 10, 14))
    assert records.cell(NODES, "2025-08").revision_state_code == "provisional"
    records.run(date(2025, 10, 15))
    assert records.cell(NODES, "2025-08").revision_state_code == "final"


def test_a_month_of_which_a_final_figure_was_changed_is_restated(records: Records) -> None:
    records.publication(DAY)
    records.restatement(date(2025, 3, 1), [NODES, "transport_fund"])
    records.restatement(date(2025, 4, 1), [NODES], is_restatement=False)
    restated = {key for key, one in records.cells().items() if one.revision_state_code == "restated"}
    assert restated == {(NODES, "2025-03"), ("transport_fund", "2025-03")}
    assert records.cell(NODES, "2025-04").revision_state_code == "final"


def test_it_stands_at_the_newest_day_of_any_run_or_publication(records: Records) -> None:
    records.run(date(2024, 1, 31))
    assert records.cell(NODES, "2025-09").as_of_date == DAY
    records.publication(date(2025, 10, 2))
    assert records.cell(NODES, "2025-10").as_of_date == date(2025, 10, 2)
    assert records.cell(NODES, "2025-10").missing_labels == ["2025-10-01", "2025-10-02"]
    assert records.cell(REPORT, "2025-09").state_code == "missing"


def test_bootstrap_makes_the_expected_datasets_equal_to_the_contracts(records: Records) -> None:
    warehouse = records.warehouse
    with warehouse.connect("owner") as owner:
        owner.execute("delete from ops.expected_dataset where dataset_id = %s", [ORDERS])
        owner.execute(
            "update ops.expected_dataset set granularity_code = 'day', expected_from = '2025-01-01'"
        )
        owner.execute(
            "insert into ops.expected_dataset values ('gone', 'power', 'gone', 'day', '2023-01-01')"
        )
    assert _differing(records)
    bootstrap.prepare(warehouse.server.dsn(), warehouse.database, PASSWORDS)
    assert _differing(records) == {}
    assert {dataset for dataset, _ in records.cells()} == set(DELIVERIES)


def _missed(records: Records, agency: str) -> set[tuple[str, str]]:
    """Return what the night of DAY requests of an agency beside its day and the forms of its month."""
    with records.warehouse.connect("loader") as session:
        covered, due = covered_through(session, AGENCIES[agency]), due_parts(session, agency, DAY)
    requests = nightly_requests(AGENCIES[agency], DAY, PlanInputs(covered, due=due))
    return {(name, period.label) for name, period in requests} - {
        (name, label) for name in AGENCIES[agency].deliveries for label in ("2025-09", "2025-09-29")
    }


def test_a_night_requests_what_coverage_lacks(records: Records) -> None:
    records.forget(ORDERS, "2025-08-13")
    records.forget("postal_tricycle", "2025-07")
    assert set(_differing(records)) == {(ORDERS, "2025-08"), ("postal_tricycle", "2025-07")}
    assert _missed(records, "power") == {("charge_orders", "2025-08-13")}
    assert _missed(records, "postal") == {("tricycles", "2025-07")}
    with records.warehouse.connect("owner") as owner:
        owner.execute(
            "update ops.expected_dataset set expected_from = '2025-08-14' where dataset_id = %s", [ORDERS]
        )
    assert set(_differing(records)) == {("postal_tricycle", "2025-07")}
    assert _missed(records, "power") == set()


def test_the_past_can_be_looked_at_as_of_an_older_day(records: Records) -> None:
    with records.warehouse.connect("builder") as builder:
        found = through(builder, date(2025, 2, 15))
    assert max(one.month for one in found) == Period("2025-02")
    assert {one.parts_due for one in found if one.month == Period("2025-02")} == {0, 15}


def test_the_pages_queries_find_the_gaps(records: Records) -> None:
    records.forget(ORDERS, "2025-06-13")
    page = (PROJECT / "docs" / "coverage.md").read_text(encoding="utf-8")
    queries = re.findall(r"```sql\n(.*?)```", page, re.DOTALL)
    with records.warehouse.connect("builder") as builder:
        found = [builder.execute(query.encode()).fetchall() for query in queries]
    assert [len(rows) for rows in found] == [1, 1]
    assert {row[1] for row in found[0]} == {row[0] for row in found[1]} == {ORDERS}
