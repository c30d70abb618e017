"""The plan is rows: a further year or indicator reaches the city's truth without a change of code."""

from __future__ import annotations

import csv
import shutil
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from green_freight.settings import PROJECT

from demo_city.city import City
from demo_city.monthly_events import monthly_counts
from demo_city.plan_targets import INDICATORS, PERIOD_END, PlannedIndicator, planned_indicators
from demo_city.truth import expected_value, status_of
from demo_city.truth_measures import Parts, measure_of

SEEDS = PROJECT / "dbt_project" / "seeds"
NEXT_YEAR = PERIOD_END.year + 1


def _with_rows(folder: Path, seed: str, **changes: str) -> dict[str, PlannedIndicator]:
    """Return the indicators of seeds with the row of `nev_added` (its last year's) written once more, changed."""
    for path in SEEDS.glob("plan_*.csv"):
        shutil.copy(path, folder)
    with (folder / f"{seed}.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    row = [row for row in rows if row["indicator_code"] == "nev_added"][-1] | changes
    with (folder / f"{seed}.csv").open("a", encoding="utf-8", newline="") as file:
        csv.DictWriter(file, list(row)).writerow(row)
    return {plan.code: plan for plan in planned_indicators(folder)}


@pytest.mark.parametrize("plan", INDICATORS, ids=lambda plan: plan.code)
def test_every_indicator_of_the_plan_has_a_measure(plan: PlannedIndicator) -> None:
    assert measure_of(plan.code)


def test_an_indicator_without_a_measure_is_named() -> None:
    with pytest.raises(KeyError, match="drones_added"):
        measure_of("drones_added")


def test_a_further_plan_year_is_a_row(tmp_path: Path) -> None:
    rows = {"year": str(NEXT_YEAR), "target_value": "24", "due_on": f"{NEXT_YEAR}-12-31"}
    plan = _with_rows(tmp_path, "plan_target", **rows)["nev_added"]
    before = next(plan for plan in INDICATORS if plan.code == "nev_added")
    assert plan.targets == before.targets | {NEXT_YEAR: Decimal(24)}
    assert expected_value(plan, date(NEXT_YEAR, 6, 30)) == 12
    assert status_of(plan, Parts(Decimal(24)), date(NEXT_YEAR, 12, 31)) == "met"
    assert status_of(before, Parts(Decimal(24)), date(NEXT_YEAR, 12, 31)) == "no_target"


def test_a_further_indicator_is_a_row(tmp_path: Path) -> None:
    plans = _with_rows(tmp_path, "plan_indicator", indicator_code="drones_added", display_order="99")
    assert list(plans)[-1] == "drones_added"
    assert plans["drones_added"].lead_unit == plans["nev_added"].lead_unit


def test_the_city_goes_on_after_its_last_known_year() -> None:
    counts = monthly_counts("new_energy_vehicles", NEXT_YEAR + 3)
    assert max(year for year, _ in counts) == NEXT_YEAR + 3
    assert City(volume=0.0).last_day.year == NEXT_YEAR
