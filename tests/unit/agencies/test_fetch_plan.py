"""What a night and a month of history ask for, from what is known: pure rules."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from green_freight.agencies import AGENCIES
from green_freight.agencies.connector import FetchRequest, KnownFile, ListedFile
from green_freight.agencies.fetch_plan import (
    DAYS_BACK,
    PlanInputs,
    nightly_requests,
    requests_of_month,
    unloaded,
)
from green_freight.agencies.fetch_records import DuePart
from green_freight.contracts import Granularity
from green_freight.periods import Period

DAY = date(2025, 9, 30)
DELIVERED = datetime(2025, 5, 31, 10, 0, 0, tzinfo=UTC)


def _covered(agency: str, until: date, first: date = date(2023, 1, 1)) -> dict[tuple[str, Period], date]:
    """Return the coverage of a warehouse whose history was loaded through `until`."""
    covered: dict[tuple[str, Period], date] = {}
    month = Period.month_of(first)
    while month.first_day <= until:
        for question in requests_of_month(agency, month, until):
            covered[question] = min(question[1].last_day, until)
        month = month.next
    return covered


def _due(agency: str, day: date) -> list[DuePart]:
    """Return the expected calendar through a day: of forms the months that are over, of all else the days."""
    days = [date(2023, 1, 1) + timedelta(days=passed) for passed in range((day - date(2023, 1, 1)).days + 1)]
    return [
        DuePart(name, Period.month_of(each) if is_form else Period.day(each), each)
        for name, delivery in AGENCIES[agency].deliveries.items()
        for is_form in [delivery.granularity is Granularity.MONTH]
        for each in days
        if not is_form or (each + timedelta(days=1)).day == 1
    ]


def _labels(agency: str, inputs: PlanInputs, day: date = DAY) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for name, period in nightly_requests(AGENCIES[agency], day, replace(inputs, due=_due(agency, day))):
        found.setdefault(name, []).append(period.label)
    return found


def _listed(name: str = "postal_tricycles_202505_v1.csv", size: int = 10) -> ListedFile:
    return ListedFile("tricycles", Period("2025-05"), name, size, DELIVERED)


def _known(file: ListedFile) -> KnownFile:
    kept = file.changed_at + timedelta(microseconds=123)
    return KnownFile("k" * 20, file.delivery, file.period.label, file.file_name, file.bytes, kept, "s", "u")


def test_a_quiet_night_asks_for_its_day_and_its_month() -> None:
    yesterday = DAY - timedelta(days=1)
    assert _labels("postal", PlanInputs(_covered("postal", yesterday))) == {
        name: ["2025-09"] for name in AGENCIES["postal"].deliveries
    }
    assert _labels("commerce", PlanInputs(_covered("commerce", yesterday))) == {"monthly_report": ["2025-09"]}
    assert _labels("power", PlanInputs(_covered("power", yesterday))) == {
        name: ["2025-09-30"] for name in ("stations", "station_stats", "charge_orders")
    }
    transport = _labels("transport", PlanInputs(_covered("transport", yesterday)))
    # A service does not tell which of its monthly figures it corrected: all that were ever taken are asked again.
    months = [period.label for name, period in _covered("transport", DAY) if name == "reported_figures"]
    assert transport.pop("reported_figures") == months
    assert (months[0], len(months)) == ("2023-01", 33)
    assert transport == {
        name: ["2025-09-30"] for name in AGENCIES["transport"].deliveries if name != "reported_figures"
    }


def test_a_repeated_night_asks_for_the_same_again() -> None:
    assert _labels("power", PlanInputs(_covered("power", DAY))) == {
        name: ["2025-09-30"] for name in ("stations", "station_stats", "charge_orders")
    }


def test_missed_nights_are_made_up_for() -> None:
    labels = _labels("power", PlanInputs(_covered("power", date(2025, 9, 27))))
    assert labels == {
        name: ["2025-09-28", "2025-09-29", "2025-09-30"]
        for name in ("stations", "station_stats", "charge_orders")
    }


def test_one_day_that_failed_is_asked_for_again() -> None:
    covered = _covered("power", DAY)
    del covered["charge_orders", Period("2025-08-13")]
    labels = _labels("power", PlanInputs(covered))
    assert labels["charge_orders"] == ["2025-08-13", "2025-09-30"]
    assert labels["station_stats"] == ["2025-09-30"]


def test_a_month_of_history_that_was_cut_short_is_made_up_for_by_days() -> None:
    covered = _covered("transport", DAY)
    covered["nodes", Period("2025-09")] = date(2025, 9, 26)
    assert _labels("transport", PlanInputs(covered))["nodes"] == [
        f"2025-09-{day}" for day in (27, 28, 29, 30)
    ]


def test_the_look_back_is_bounded_and_never_before_the_first_day() -> None:
    assert len(_labels("power", PlanInputs())["station_stats"]) == DAYS_BACK
    early = _labels("power", PlanInputs(), date(2023, 1, 3))
    assert early["station_stats"] == ["2023-01-01", "2023-01-02", "2023-01-03"]
    assert _labels("postal", PlanInputs(), date(2023, 1, 3))["tricycles"] == ["2023-01"]


def test_a_form_that_never_came_is_asked_for_during_the_following_months() -> None:
    covered = _covered("commerce", DAY)
    del covered["monthly_report", Period("2025-07")]
    del covered["monthly_report", Period("2025-05")]
    assert _labels("commerce", PlanInputs(covered))["monthly_report"] == ["2025-07", "2025-09"]


def test_new_and_changed_files_of_any_month_are_fetched() -> None:
    covered, old = _covered("postal", DAY), _listed()
    quiet = _labels("postal", PlanInputs(covered, [_known(old)], [old]))
    assert quiet["tricycles"] == ["2025-09"]
    for news in (_listed("postal_tricycles_202505_v2.csv"), _listed(size=11)):
        labels = _labels("postal", PlanInputs(covered, [_known(old)], [old, news]))
        assert labels["tricycles"] == ["2025-05", "2025-09"]


def test_files_from_before_the_warehouse_began_are_left_to_a_backfill() -> None:
    covered, old = _covered("postal", DAY), _listed()
    assert _labels("postal", PlanInputs(covered, [], [old]))["tricycles"] == ["2025-09"]
    older = ListedFile("tricycles", Period("2025-04"), "postal_tricycles_202504_v1.csv", 10, DELIVERED)
    labels = _labels("postal", PlanInputs(covered, [_known(old)], [older, old]))
    assert labels["tricycles"] == ["2025-09"]


def test_the_history_of_one_delivery_does_not_open_that_of_another() -> None:
    stations = ListedFile("stations", Period("2023-01"), "stations_2023-01.jsonl", 10, DELIVERED)
    orders = [
        ListedFile("charge_orders", Period(day), f"charge_orders_{day}.jsonl.gz", 1, DELIVERED)
        for day in ("2025-06-30", "2025-07-01", "2025-07-02")
    ]
    inputs = PlanInputs(_covered("power", DAY), [_known(stations), _known(orders[1])], orders)
    assert _labels("power", inputs)["charge_orders"] == ["2025-07-02", "2025-09-30"]


def test_files_of_later_days_wait_for_their_night() -> None:
    later = ListedFile("charge_orders", Period("2025-10-01"), "charge_orders_20251001.jsonl.gz", 1, DELIVERED)
    assert _labels("power", PlanInputs(_covered("power", DAY), [], [later]))["charge_orders"] == [
        "2025-09-30"
    ]


def test_corrected_days_are_asked_for_again() -> None:
    changed = {"vehicle_operations": [date(2024, 2, 29), date(2022, 12, 31), DAY, date(2025, 10, 1)]}
    labels = _labels("transport", PlanInputs(_covered("transport", DAY), changed=changed))
    assert labels["vehicle_operations"] == ["2024-02-29", "2025-09-30"]


def test_a_corrected_day_from_before_the_warehouse_began_is_left_to_a_backfill() -> None:
    first = KnownFile(
        "k" * 20, "vehicle_operations", "2024-03-01", "vehicle_operations_2024-03-01.jsonl", 1, None, "s", "u"
    )
    changed = {"vehicle_operations": [date(2024, 2, 29), date(2024, 3, 1)]}
    labels = _labels("transport", PlanInputs(_covered("transport", DAY), [first], changed=changed))
    assert labels["vehicle_operations"] == ["2024-03-01", "2025-09-30"]


def test_what_differs_at_the_source_or_may_settle_is_asked_again() -> None:
    again = [("stations", Period("2023-01")), ("station_stats", Period("2025-09-23"))]
    labels = _labels("power", PlanInputs(_covered("power", DAY), again=again))
    assert labels["stations"] == ["2023-01", "2025-09-30"]
    assert labels["station_stats"] == ["2025-09-23", "2025-09-30"]


@pytest.mark.parametrize("agency", AGENCIES)
def test_history_asks_for_every_day_and_form_of_a_month(agency: str) -> None:
    questions = requests_of_month(agency, Period("2024-02"), DAY)
    for name, delivery in AGENCIES[agency].deliveries.items():
        labels = [period.label for asked, period in questions if asked == name]
        by_day = delivery.granularity is Granularity.DAY
        assert labels == ([f"2024-02-{day:02d}" for day in range(1, 30)] if by_day else ["2024-02"])


@pytest.mark.parametrize("agency", AGENCIES)
def test_history_leaves_out_the_events_before_the_month_from_which_they_are_wanted(agency: str) -> None:
    month = Period("2025-08")
    everything = requests_of_month(agency, month, DAY)
    for events_from in (Period("2025-07"), month):
        assert requests_of_month(agency, month, DAY, events_from) == everything
    by_month = [request for request in everything if request.period.is_month]
    assert requests_of_month(agency, month, DAY, Period("2025-09")) == by_month


def test_history_ends_with_its_last_day() -> None:
    questions = requests_of_month("power", Period("2025-09"), date(2025, 9, 2))
    assert [(name, period.label) for name, period in questions] == [
        ("stations", "2025-09"),
        ("station_stats", "2025-09-01"),
        ("station_stats", "2025-09-02"),
        ("charge_orders", "2025-09-01"),
        ("charge_orders", "2025-09-02"),
    ]
    assert requests_of_month("power", Period("2025-10"), DAY) == []
    assert requests_of_month("power", Period("2022-12"), DAY) == []


def test_what_is_loaded_need_not_be_asked_for_whether_by_days_or_by_the_month() -> None:
    month = Period("2025-09")
    asked = requests_of_month("power", month, DAY)
    assert unloaded(asked, DAY, {}) == asked
    covered = _covered("power", DAY)
    assert unloaded(asked, DAY, covered) == []
    # Nights load a register day by day.
    del covered["stations", month]
    covered |= {("stations", day): day.first_day for day in month.days()}
    assert unloaded(asked, DAY, covered) == []
    del covered["stations", Period("2025-09-11")]
    del covered["charge_orders", Period("2025-09-12")]
    assert unloaded(asked, DAY, covered) == [
        ("stations", month),
        ("charge_orders", Period("2025-09-12")),
    ]


def test_a_month_that_was_loaded_while_it_ran_is_asked_for_once_it_is_over() -> None:
    form = FetchRequest("tricycles", Period("2025-09"))
    covered = {form: date(2025, 9, 20)}
    assert unloaded([form], date(2025, 9, 20), covered) == []
    assert unloaded([form], DAY, covered) == [form]


def test_a_change_that_a_register_dates_after_today_is_requested_by_its_day() -> None:
    again = [FetchRequest("vehicles", Period("2099-09-15"))]
    found = nightly_requests(AGENCIES["transport"], DAY, PlanInputs(_covered("transport", DAY), again=again))
    assert again[0] in found
    files = [ListedFile("tricycles", Period("2099-09"), "v1.csv", 1, DELIVERED)]
    found = nightly_requests(AGENCIES["postal"], DAY, PlanInputs(_covered("postal", DAY), listed=files))
    assert all(period.first_day <= DAY for _, period in found)
