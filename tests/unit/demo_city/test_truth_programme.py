"""The programme's true totals: cumulative since its first day, expected pro rata over its days."""

from __future__ import annotations

import csv
import io
from datetime import date
from decimal import Decimal

import pytest
from typer.testing import CliRunner

from demo_city import DEMONSTRATION_DAY
from demo_city.city import City
from demo_city.commands import app
from demo_city.plan_targets import INDICATORS
from demo_city.truth_measures import AsOfState
from demo_city.truth_programme import (
    PLANNED,
    expected_total,
    reached_by,
    total_status,
    true_programme,
    yearly_targets_due,
)

SEPTEMBER, YEAR_END = date(2025, 9, 30), date(2025, 12, 31)


def test_the_totals_follow_from_the_yearly_targets() -> None:
    """Yearly additions add up; of the enterprises' 1, 2, 3 the last one is the total."""
    targets = {plan.code: plan.targets for plan in INDICATORS}
    for code, planned in PLANNED.items():
        yearly = [int(targets[code][year]) for year in (2023, 2024, 2025)]
        is_stock = code == "enterprise_3a"
        assert planned == (tuple(yearly) if is_stock else (yearly[0], sum(yearly[:2]), sum(yearly))), code


def test_the_expectation_is_pro_rata_over_the_programmes_days() -> None:
    """2025-09-30 is day 1,004 of 1,096: 137.4 of 150 vehicles, so that 141 are ahead; 274.8 of 300 piles."""
    assert expected_total("nev_added", SEPTEMBER) == 137
    assert total_status("nev_added", Decimal(141), SEPTEMBER) == "on_track"
    assert total_status("nev_added", Decimal(136), SEPTEMBER) == "behind"
    assert expected_total("charging_pile_added", SEPTEMBER) == 275
    assert expected_total("stopping_place_added", date(2024, 12, 31)) == 53
    assert expected_total("node_level1_added", date(2023, 1, 1)) == 0
    assert {code: expected_total(code, YEAR_END) for code in PLANNED} == {
        code: wanted[-1] for code, wanted in PLANNED.items()
    }


def test_the_yearly_targets_that_are_due_stand_beside_it() -> None:
    """A year's target is due on its last day; of the enterprises' 1, 2, 3 the latest counts."""
    found = [
        [yearly_targets_due(code, day) for code in ("stopping_place_added", "enterprise_3a")]
        for day in (date(2023, 12, 30), date(2023, 12, 31), date(2024, 12, 31), SEPTEMBER, YEAR_END)
    ]
    assert found == [[0, 0], [30, 1], [70, 2], [70, 2], [80, 3]]


def test_a_shortfall_of_an_earlier_year_stays_in_the_programmes_status() -> None:
    """Two nodes of three: 2025 met its own target of one, the programme did not meet its three."""
    assert total_status("node_level1_added", Decimal(1), date(2023, 12, 31)) == "on_track"
    assert total_status("node_level1_added", Decimal(1), date(2024, 12, 31)) == "behind"
    assert total_status("node_level1_added", Decimal(2), date(2025, 12, 30)) == "behind"
    assert total_status("node_level1_added", Decimal(2), YEAR_END) == "not_met"
    assert total_status("node_level1_added", Decimal(3), YEAR_END) == "met"
    assert total_status("node_level1_added", None, YEAR_END) == "no_data"


def test_what_counts_began_within_the_programme() -> None:
    days = [
        date(2022, 12, 31),
        date(2023, 1, 1),
        date(2024, 6, 1),
        date(2025, 9, 30),
        date(2025, 10, 1),
        None,
    ]
    nodes = [{"node_level_code": "1", "in_service_on": day} for day in days]
    nodes.append({"node_level_code": "2", "in_service_on": date(2024, 6, 1)})
    known = AsOfState(SEPTEMBER, registers={"transport_node": nodes})
    assert reached_by("node_level1_added", known, SEPTEMBER) == 3
    assert reached_by("node_level2_added", known, SEPTEMBER) == 1
    vehicles = [
        {"entry_kind_code": entry, "new_energy_kind_code": kind, "in_service_on": date(2024, 6, 1)}
        for entry, kind in (("new", "BEV"), ("renewal", "BEV"), ("new", None), ("new", "FCEV"))
    ]
    known = AsOfState(SEPTEMBER, registers={"transport_vehicle": vehicles})
    assert reached_by("nev_added", known, SEPTEMBER) == 2
    assert reached_by("terminal_station_added", known, SEPTEMBER) is None


@pytest.fixture(scope="module")
def city() -> City:
    return City(volume=0.0)


def test_the_city_stands_where_its_events_leave_it(city: City) -> None:
    found = {(one.indicator_code, one.year): one for one in true_programme(city, DEMONSTRATION_DAY)}
    assert len(found) == 8 * 3
    reached = {code: found[code, 2025].cumulative_value for code in PLANNED}
    assert reached == {
        "node_level1_added": 2, "node_level2_added": 7, "terminal_station_added": 78, "charging_station_added": 4,
        "charging_pile_added": 270, "stopping_place_added": 77, "nev_added": 141, "enterprise_3a": 2,
    }  # fmt: skip
    node = found["node_level1_added", 2025]
    assert (node.remaining_value, node.completion_ratio, node.status_code) == (
        1,
        Decimal("0.666667"),
        "behind",
    )


def test_after_the_programme_its_end_stands(city: City) -> None:
    found = true_programme(city, date(2026, 6, 30))
    assert {one.year for one in found} == {2023, 2024, 2025}
    assert {one.as_of_date for one in found if one.year == 2025} == {YEAR_END}
    assert {one.status_code for one in found if one.year == 2025} == {"met"}


def test_command_prints_the_totals() -> None:
    result = CliRunner().invoke(app, ["truth", "--scope", "programme", "--format", "csv"])
    assert result.exit_code == 0
    rows = list(csv.DictReader(io.StringIO(result.stdout)))
    assert (
        next(
            row["cumulative_value"]
            for row in rows
            if (row["indicator_code"], row["year"]) == ("nev_added", "2024")
        )
        == "119"
    )
    table = CliRunner().invoke(app, ["truth", "--scope", "programme"])
    assert "nev_added" in table.stdout and "2025-09" in table.stdout
