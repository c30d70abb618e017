"""The truth of the whole city: its scorecard for any seed, what is known when, and the bureaus' own figures."""

from __future__ import annotations

import csv
import io
from datetime import date
from decimal import Decimal

import pytest
from typer.testing import CliRunner

from demo_city import DEMONSTRATION_DAY
from demo_city.bureau_figures import DIFFERING_FIGURES
from demo_city.city import City
from demo_city.commands import app
from demo_city.plan_targets import INDICATORS
from demo_city.random_generator import month_starts
from demo_city.truth import TrueValue, true_scorecard, true_values
from tests.event_totals import true_event_totals

MET, NOT_MET, ON_TRACK, BEHIND, NOT_DUE = "met", "not_met", "on_track", "behind", "not_due"
SCORECARD = {
    "node_level1_added": (MET, NOT_MET, ON_TRACK),
    "node_level2_added": (MET, MET, ON_TRACK),
    "terminal_station_added": (NOT_MET, MET, ON_TRACK),
    "charging_station_added": (MET, MET, BEHIND),
    "charging_pile_added": (NOT_MET, MET, BEHIND),
    "pile_vehicle_ratio": (NOT_MET, MET, ON_TRACK),
    "stopping_place_added": (MET, NOT_MET, ON_TRACK),
    "tricycle_marking_share": (NOT_MET, MET, BEHIND),
    "nev_added": (MET, NOT_MET, ON_TRACK),
    "nev_share_of_new": (NOT_MET, MET, ON_TRACK),
    "nev_share_of_initial_stock": ("no_target", "no_target", ON_TRACK),
    "public_platform": ("no_target", MET, "no_target"),
    "enterprise_platform": ("no_target", NOT_MET, "no_target"),
    "joint_delivery_share": (MET, NOT_MET, ON_TRACK),
    "cold_vehicle_share": (NOT_MET, MET, ON_TRACK),
    "enterprise_3a": (MET, MET, BEHIND),
    "yearly_assessment_done": (NOT_MET, MET, NOT_DUE),
    "policy_evaluation_done": (MET, MET, NOT_DUE),
    "capacity_survey_done": (MET, MET, ON_TRACK),
    "passage_policy_issued": (MET, MET, ON_TRACK),
    "pharma_delivery_system": (NOT_DUE, NOT_DUE, ON_TRACK),
    "enterprise_alliance_founded": (NOT_DUE, NOT_DUE, NOT_DUE),
}


@pytest.fixture(scope="module")
def city() -> City:
    return City(volume=0.02)


@pytest.fixture(scope="module")
def values(city: City) -> dict[tuple[str, date], TrueValue]:
    return {(v.indicator_code, v.period_month): v for v in true_values(city, DEMONSTRATION_DAY)}


def test_every_indicator_has_every_month(values: dict[tuple[str, date], TrueValue]) -> None:
    assert len(values) == 28 * 33
    assert {code for code, _ in values} == {plan.code for plan in INDICATORS}
    assert max(v.as_of_date for v in values.values()) == DEMONSTRATION_DAY


@pytest.mark.parametrize("seed", [20230110, 3, 77])
def test_the_scorecard_is_the_same_for_every_seed(seed: int) -> None:
    scores = {
        (v.indicator_code, v.year): v.status_code for v in true_scorecard(City(seed=seed), DEMONSTRATION_DAY)
    }
    for code, told in SCORECARD.items():
        assert tuple(scores[code, year] for year in (2023, 2024, 2025)) == told, code


def test_additions_of_the_programme_reach_the_plan_by_its_end(city: City) -> None:
    scores = {(v.indicator_code, v.year): v for v in true_scorecard(city, date(2026, 12, 31))}
    planned = {plan.code: sum(plan.targets.values()) for plan in INDICATORS if plan.code.endswith("_added")}
    for code, total in planned.items():
        actual = sum(scores[code, year].actual_value or 0 for year in (2023, 2024, 2025))
        assert actual == total, code


@pytest.mark.parametrize("as_of", [date(2024, 1, 11), date(2024, 1, 15), DEMONSTRATION_DAY, date(2026, 3, 1)])
def test_the_money_of_all_years_is_the_money_of_the_register(city: City, as_of: date) -> None:
    scores = true_scorecard(city, as_of)
    for kind in ("budgeted", "paid"):
        entries = [
            row for row in city.register_as_known("transport_fund", as_of) if row["fund_kind_code"] == kind
        ]
        shown = sum(v.actual_value or 0 for v in scores if v.indicator_code == f"fund_{kind}_yuan")
        assert shown == sum(row["amount_yuan"] for row in entries)


def test_pile_ratio_is_exactly_a_quarter_in_one_month(values: dict[tuple[str, date], TrueValue]) -> None:
    value = values["pile_vehicle_ratio", date(2024, 5, 1)]
    assert (value.numerator, value.denominator, value.actual_value) == (206, 824, Decimal("0.25"))
    assert value.status_code == ON_TRACK
    assert values["pile_vehicle_ratio", date(2024, 6, 1)].status_code == BEHIND


def test_ratios_have_six_decimals_and_completion(values: dict[tuple[str, date], TrueValue]) -> None:
    share = values["nev_share_of_new", date(2025, 9, 1)]
    assert (share.actual_value, share.completion_ratio) == (Decimal("0.501779"), Decimal("1.003559"))
    assert values["work_plan_issued", date(2025, 9, 1)].completion_ratio is None


def test_a_late_report_restates_the_past(city: City) -> None:
    """The evaluation of 2024 was done on 27 December and reported on 9 January."""

    def status(as_of: date) -> str:
        found = {(v.indicator_code, v.period_month): v for v in true_values(city, as_of)}
        return found["policy_evaluation_done", date(2024, 12, 1)].status_code

    assert status(date(2024, 12, 31)) == NOT_MET
    assert status(date(2025, 1, 9)) == MET


def test_the_future_is_not_known(city: City) -> None:
    """In the middle of a month its forms are missing, and what is entered later is not counted."""
    found = {
        v.indicator_code: v
        for v in true_values(city, date(2023, 1, 20))
        if v.period_month == date(2023, 1, 1)
    }
    assert found["joint_delivery_share"].null_reason == "no_data"
    assert found["tricycle_marking_share"].status_code == "no_data"
    assert (found["nev_added"].actual_value or 0) < 4
    later = {
        v.indicator_code: v
        for v in true_values(city, date(2023, 2, 10))
        if v.period_month == date(2023, 2, 1)
    }
    assert later["tricycle_marking_share"].numerator is not None


def test_reported_figures_are_true_but_for_the_known_slips(
    city: City, values: dict[tuple[str, date], TrueValue]
) -> None:
    """What the bureaus knew at each month's end still holds at the demonstration day, but for money booked later."""
    booked_later = {
        ("fund_paid_yuan", date(year, 12, 1)): -sum(
            row["amount_yuan"]
            for row in city.register_as_known("transport_fund", DEMONSTRATION_DAY)
            if row["year"] == year and row["booked_on"] > date(year, 12, 31)
        )
        for year in (2023, 2024)
    }
    assert all(booked_later.values())
    found = {}
    for month in (m for m in month_starts(city.first_day, city.last_day) if m <= DEMONSTRATION_DAY):
        for row in city.reported_figures(month):
            true = values[row["indicator_code"], month].actual_value
            if row["reported_value"] != true:
                assert true is not None
                found[row["indicator_code"], month] = row["reported_value"] - true
    assert found == DIFFERING_FIGURES | booked_later


def test_event_totals_are_the_sum_of_the_days(city: City) -> None:
    """What started in September, from the files of September and of 1 October."""
    month = date(2025, 9, 1)
    days = [date(2025, 9, n) for n in range(1, 31)]
    pushed = [o for day in [*days, date(2025, 10, 1)] for o in city.power.charge_orders_pushed(day)]
    mine = [o for o in pushed if o["StartTime"].startswith("2025-09")]
    totals = true_event_totals(city, month)
    assert totals.session_count == len(mine)
    assert totals.session_energy_kwh == sum(o["TotalPower"] for o in mine) == totals.stats_energy_kwh
    assert totals.session_fee_yuan == sum(o["TotalMoney"] for o in mine)
    rows = [row for day in days for row in city.vehicle_operations(day)]
    assert (totals.vehicle_days, totals.distance_km) == (len(rows), sum(row["distance_km"] for row in rows))


def test_event_totals_of_a_running_month_lack_what_is_pushed_tomorrow() -> None:
    city = City(volume=0.3)
    whole = true_event_totals(city, DEMONSTRATION_DAY)
    known = true_event_totals(city, DEMONSTRATION_DAY, as_of=DEMONSTRATION_DAY)
    crossing = [
        o
        for o in city.power.charge_orders_pushed(date(2025, 10, 1))
        if o["StartTime"].startswith("2025-09-30")
    ]
    assert whole.session_count - known.session_count == len(crossing) > 0
    assert known.stats_energy_kwh == whole.stats_energy_kwh > known.session_energy_kwh


def test_command_prints_csv() -> None:
    result = CliRunner().invoke(
        app, ["truth", "--as-of", "2023-06-30", "--format", "csv", "--scope", "months"]
    )
    assert result.exit_code == 0
    rows = list(csv.DictReader(io.StringIO(result.stdout)))
    assert len(rows) == 28 * 6
    assert next(r["actual_value"] for r in rows if r["indicator_code"] == "nev_added") == "4"


def test_command_refuses_a_day_outside_the_city() -> None:
    assert CliRunner().invoke(app, ["truth", "--as-of", "2022-06-30"]).exit_code == 2
