"""The figures that the bureaus report themselves: the truth of the month's end, with a few deliberate differences."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from demo_city.city_model import CityModel
from demo_city.plan_targets import INDICATORS, MILESTONE
from demo_city.truth import true_month
from demo_city.versioned_register import Row

# (indicator, month) -> what the bureau reports too much (negative: too little). A reconciliation must find exactly
# these: six piles of the bus depot counted among the usable ones; a vehicle delivered in August and forgotten.
DIFFERING_FIGURES: dict[tuple[str, date], Decimal] = {
    ("charging_pile_added", date(2024, 6, 1)): Decimal(6),
    ("nev_added", date(2025, 8, 1)): Decimal(-1),
}


def reported_figures(city: CityModel, month: date) -> list[Row]:
    """Return a month's figures as reported; milestones are reported in their own register, not here.

    `reported_value` is None where the figure has no value; `period_month` is `yyyy-MM`.
    """
    values = {value.indicator_code: value for value in true_month(city, month)}
    figures = []
    for plan in INDICATORS:
        if plan.kind == MILESTONE:
            continue
        actual = values[plan.code].actual_value
        difference = DIFFERING_FIGURES.get((plan.code, month.replace(day=1)), Decimal(0))
        figures.append(
            {
                "indicator_code": plan.code,
                "period_month": f"{month:%Y-%m}",
                "reported_value": None if actual is None else actual + difference,
                "reporting_unit_name": plan.lead_unit,
            }
        )
    return figures
