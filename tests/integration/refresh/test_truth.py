"""What is published is what the city knows to be true: for every indicator and month, with and without defects."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

import pytest

from demo_city.city import City
from demo_city.defects import planted
from demo_city.servers import DemoAgencies
from demo_city.truth import true_event_totals
from local_stack.demonstration import Demonstration
from local_stack.truth_check import compare

from .conftest import OpensHouse, Snapshot
from .house import DAY, House, morning_after

# The last month whose events are complete: what is pushed late or corrected has arrived by the end of the next.
SETTLED = date(2025, 8, 1)
RATE = 0.05
_TOTALS = """
select
    (select count(*) from mart.fct_charging_session where period_month = %(month)s) as session_count,
    (select sum(energy_kwh) from mart.fct_charging_session where period_month = %(month)s) as session_energy_kwh,
    (select sum(total_fee_yuan) from mart.fct_charging_session where period_month = %(month)s) as session_fee_yuan,
    (select sum(stats_energy_kwh) from mart.fct_pile_energy_day where period_month = %(month)s) as stats_energy_kwh,
    (select count(*) from mart.fct_vehicle_operation where period_month = %(month)s) as vehicle_days,
    (select sum(distance_km) from mart.fct_vehicle_operation where period_month = %(month)s) as distance_km
"""


def _assert_true(house: House, city: City) -> None:
    comparison = compare(house.warehouse.url("reader"), Demonstration(city.volume, city.seed))
    assert comparison.differences == []
    assert (comparison.as_of, comparison.figures, comparison.scores) == (DAY, 28 * 33, 28 * 3)


def _assert_totals(house: House, city: City, month: date) -> None:
    true = true_event_totals(city, month, DAY)
    [published] = house.rows_named(_TOTALS, month=month)
    assert published == {name: getattr(true, name) for name in published}


def test_an_undisturbed_night_publishes_the_truth(house_after: House, city: City) -> None:
    _assert_true(house_after, city)
    for month in (SETTLED, date(2025, 9, 1)):
        _assert_totals(house_after, city, month)


@pytest.fixture
def drifting(city: City, tmp_path_factory: pytest.TempPathFactory) -> Iterator[DemoAgencies]:
    home = tmp_path_factory.mktemp("drifting")
    with DemoAgencies(city, home, morning_after(DAY), {"absorbed": RATE}) as agencies:
        yield agencies


def test_defects_that_can_be_absorbed_leave_no_trace(
    drifting: DemoAgencies, opens_house: OpensHouse, city: City
) -> None:
    source, clock = drifting.source, morning_after(DAY)
    hits = list(planted(city, source.plants, clock))
    assert len({hit.defect for hit in hits}) > 20
    open_forms = {h.period for h in hits if h.settled_at and h.settled_at > clock and len(h.period) == 7}
    assert not open_forms, "these forms' corrections are still to come, so the truth is not known yet"
    with opens_house(drifting) as house:
        house.take_history(DAY)
        _assert_true(house, city)
        _assert_totals(house, city, SETTLED)
