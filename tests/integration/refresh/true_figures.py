"""What is published beside what the demonstration city knows to be true."""

from __future__ import annotations

from datetime import date
from typing import Any, NamedTuple

from demo_city.city import City
from demo_city.plan_targets import INDICATORS, PERIOD_YEARS
from demo_city.truth_programme import PLANNED
from local_stack.truth_check import compare
from tests.event_totals import true_event_totals

from .pipeline_warehouse import PipelineWarehouse

_TOTALS = """
select
    (select count(*) from mart.fct_charging_session where period_month = %(month)s) as session_count,
    (select sum(energy_kwh) from mart.fct_charging_session where period_month = %(month)s) as session_energy_kwh,
    (select sum(total_fee_yuan) from mart.fct_charging_session where period_month = %(month)s) as session_fee_yuan,
    (select sum(stats_energy_kwh) from mart.fct_pile_energy_day where period_month = %(month)s) as stats_energy_kwh,
    (select count(*) from mart.fct_vehicle_operation where period_month = %(month)s) as vehicle_days,
    (select sum(distance_km) from mart.fct_vehicle_operation where period_month = %(month)s) as distance_km
"""


class Figure(NamedTuple):
    """One indicator in one month."""

    indicator_code: str
    period_month: date


def differing_figures(warehouse: PipelineWarehouse, city: City, as_of: date) -> set[Figure]:
    """Return the figures that are not the true ones; every indicator of every month and year is compared, and what the
    programme has reached of every plan total."""
    comparison = compare(warehouse.database.url("reader"), city)
    months = (as_of.year - 2023) * 12 + as_of.month
    years = as_of.year - 2022
    totals = len(PLANNED) * min(years, len(PERIOD_YEARS))
    expected = (as_of, len(INDICATORS) * months, len(INDICATORS) * years, totals)
    assert (comparison.as_of, comparison.figures, comparison.scores, comparison.totals) == expected
    return {Figure(d.indicator_code, d.period_month) for d in comparison.differences}


def published_totals(warehouse: PipelineWarehouse, month: date) -> dict[str, Any]:
    """Return the published totals of a month's events."""
    [totals] = warehouse.rows_named(_TOTALS, month=month)
    return totals


def true_totals(city: City, month: date, as_of: date | None = None) -> dict[str, Any]:
    """Return the same as the city knows them, by what has arrived when `as_of` is over."""
    totals = vars(true_event_totals(city, month, as_of)).copy()
    del totals["period_month"]
    return totals
