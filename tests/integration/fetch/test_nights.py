"""Nights after history: late, re-sent, corrected and repeated deliveries are found and fetched, nothing else is."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from green_freight.agencies import AGENCIES
from green_freight.agencies.fetch_plan import nightly_plan, not_loaded, requests_of_month
from green_freight.periods import Period

from demo_city.city import City
from demo_city.servers import DemoAgencies

from .conftest import DAY, NIGHT, Fetching

PLANTS = {
    "report_resent": 1.0,
    "postal_corrected": 1.0,
    "operations_corrected": 1.0,
    "orders_restated": 1.0,
    "exchange_lower_camel": 0.5,
    "exchange_operation_id": 0.5,
    "exchange_text_numbers": 0.5,
    "exchange_lower_signature": 0.5,
    "exchange_empty_last_page": 1.0,
    "exchange_changing_total": 1.0,
    "transport_changing_total": 1.0,
}
# Every delivery of these months is re-sent or corrected within so many days.
SETTLED = timedelta(days=40)


@pytest.fixture(scope="module")
def defective(city: City, tmp_path_factory: pytest.TempPathFactory) -> Iterator[DemoAgencies]:
    with DemoAgencies(city, tmp_path_factory.mktemp("defective"), NIGHT, PLANTS) as agencies:
        yield agencies


@pytest.fixture
def nights(defective: DemoAgencies, module_warehouse: Any, tmp_path: Path) -> Iterator[Fetching]:
    with module_warehouse.admin() as admin:
        admin.execute("truncate ops.fetch, ops.source_file, ops.load, ops.rejected_row")
    fetching = Fetching(defective, module_warehouse, (tmp_path / "landing").as_uri())
    yield fetching
    fetching.repair()
    defective.set_clock(NIGHT)


def _mark_loaded(fetching: Fetching, agency: str) -> None:
    """Record a successful load of everything that landed, as the loader does."""
    datasets = {d.name: d.datasets for d in AGENCIES[agency].deliveries.values()}
    with fetching.warehouse.connect("loader") as connection:
        landed = connection.execute(
            "select distinct delivery_name, period_label, complete_through from ops.source_file where agency_code = %s",
            [agency],
        ).fetchall()
        for delivery, label, through in landed:
            for dataset in datasets[delivery]:
                connection.execute(
                    """
                    insert into ops.load (run_id, agency_code, dataset_id, delivery_name, period_label,
                        outcome_code, rows_in_file, rows_loaded, rows_rejected, complete_through)
                    values ('test', %s, %s, %s, %s, 'loaded', 0, 0, 0, %s)
                    """,
                    [agency, dataset, delivery, label, through],
                )


def _night(fetching: Fetching, agency: str, day: date) -> list[tuple[str, str]]:
    fetching.agencies.set_clock(Period.day(day + timedelta(days=1)).starts_at.replace(hour=2))
    return [
        (name, period.label)
        for name, period in nightly_plan(fetching.warehouse, agency, day, fetching.connections).requests
    ]


def _history(fetching: Fetching, agency: str, *months: str, until: date = DAY) -> None:
    fetching.agencies.set_clock(Period.day(until + timedelta(days=1)).starts_at.replace(hour=2))
    for month in months:
        work = [(name, period.label) for name, period in requests_of_month(agency, Period(month), until)]
        report = fetching.fetch(agency, *work, day=until)
        assert not report.failures
    _mark_loaded(fetching, agency)


def _winner(fetching: Fetching, delivery: str, label: str) -> str:
    query = """
        select file_name from ops.source_file where delivery_name = %s and period_label = %s
        order by version desc, delivered_at desc nulls last, last_received_at desc limit 1
    """
    found: str = fetching.rows(query, delivery, label)[0][0]
    return found


@pytest.mark.parametrize(("agency", "delivery"), [("commerce", "monthly_report"), ("postal", "tricycles")])
def test_a_corrected_form_of_an_older_month_is_found_and_wins(
    nights: Fetching, agency: str, delivery: str
) -> None:
    end_of_may = date(2025, 5, 31)
    _history(nights, agency, "2025-05", until=end_of_may)
    before = _winner(nights, delivery, "2025-05")
    later = end_of_may + SETTLED
    due = _night(nights, agency, later)
    assert (delivery, "2025-05") in due
    report = nights.fetch(agency, *due, day=later)
    assert not report.failures
    assert _winner(nights, delivery, "2025-05") != before
    _mark_loaded(nights, agency)
    assert (delivery, "2025-05") not in _night(nights, agency, later)


def test_all_versions_land_and_known_ones_are_not_fetched_again(nights: Fetching) -> None:
    nights.fetch("postal", ("tricycles", "2025-05"))
    names = nights.outcomes("file_name, outcome_code")
    assert names == [
        ("postal_tricycles_202505_v1.csv", "landed"),
        ("postal_tricycles_202505_v2.csv", "landed"),
    ]
    report = nights.fetch("postal", ("tricycles", "2025-05"))
    assert report.counts == {"unchanged": 1}
    assert not any(file.landed for outcome in report.outcomes for file in outcome.files)


def test_an_order_file_dropped_again_lands_beside_the_first(nights: Fetching) -> None:
    _history(nights, "power", "2025-09", until=date(2025, 9, 10))
    due = _night(nights, "power", date(2025, 9, 14))
    days = [label for name, label in due if name == "charge_orders"]
    assert days[-4:] == ["2025-09-11", "2025-09-12", "2025-09-13", "2025-09-14"]
    assert "2025-09-10" in days
    nights.fetch("power", ("charge_orders", "2025-09-10"), day=date(2025, 9, 14))
    versions = nights.rows(
        "select sha256 from ops.source_file where period_label = '2025-09-10'"
        " and delivery_name = 'charge_orders'"
    )
    assert len(versions) == 2


def test_corrected_days_of_vehicle_operation_are_asked_for_again(nights: Fetching) -> None:
    _history(nights, "transport", "2025-09", until=date(2025, 9, 20))
    due = _night(nights, "transport", date(2025, 9, 20))
    september = [label for name, label in due if name == "vehicle_operations" and label >= "2025-09"]
    assert september[-1] == "2025-09-20"
    # Corrections come four days later and are looked for over seven days.
    assert len(september) > 1
    assert min(september) >= "2025-09-08"
    report = nights.fetch("transport", *due, day=date(2025, 9, 20))
    assert not report.failures


def test_drift_and_changing_totals_cost_nothing(nights: Fetching) -> None:
    # Lists of several pages: one that fits into a single answer cannot change under its reader.
    for agency, name in (("transport", "vehicles"), ("power", "stations")):
        report = nights.fetch(agency, (name, "2023-01"))
        assert report.counts == {"landed": 1}, report.failures
        assert nights.fetch(agency, (name, "2023-01")).counts == {"unchanged": 1}
    days = [("station_stats", f"2025-09-{day:02d}") for day in range(1, 31)]
    assert nights.fetch("power", *days).counts == {"landed": 30}


def test_a_dead_agency_still_has_a_plan_and_failures_that_say_so(nights: Fetching) -> None:
    _history(nights, "postal", "2025-08")
    nights.set_fault("postal", "down")
    due = _night(nights, "postal", DAY)
    assert ("tricycles", "2025-09") in due
    report = nights.fetch("postal", *due)
    assert set(report.counts) == {"failed_transient"}
    nights.set_fault("postal", None)
    assert _night(nights, "postal", DAY) == due


def test_history_that_was_interrupted_goes_on_where_it_stopped(nights: Fetching) -> None:
    work = requests_of_month("power", Period("2025-09"), DAY)
    assert not_loaded(nights.warehouse, "power", work, DAY) == work
    nights.fetch("power", *[(name, period.label) for name, period in work[:10]])
    _mark_loaded(nights, "power")
    assert not_loaded(nights.warehouse, "power", work, DAY) == work[10:]


def test_an_answer_that_returns_to_an_earlier_one_counts_as_news(nights: Fetching) -> None:
    label = "2025-09-03"
    seen = []
    for day in ("05", "20", "05"):
        moment = Period(f"2025-09-{day}").starts_at
        nights.agencies.set_clock(moment)
        report = nights.fetch("transport", ("vehicle_operations", label), day=moment.date())
        seen.append(
            (
                report.outcomes[0].outcome_code,
                nights.rows("select count(*) from ops.source_file where period_label = %s", label)[0][0],
            )
        )
    assert seen == [("landed", 1), ("landed", 2), ("landed", 2)]
