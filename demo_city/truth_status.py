"""The status of a figure at a day: expected value, met or not, on track or behind."""

from __future__ import annotations

from datetime import date
from decimal import ROUND_HALF_UP, Decimal

from demo_city.plan_targets import (
    GROWING_STOCKS,
    MILESTONE,
    RATIOS,
    PlannedIndicator,
)
from demo_city.truth_measures import Parts


def is_year_over(day: date) -> bool:
    """Tell whether a figure at this day is the year's last one."""
    return (day.month, day.day) == (12, 31)


def expected_value(plan: PlannedIndicator, day: date) -> Decimal | None:
    """Return what should have been reached by a day; None without a numeric target.

    Additions and stocks grow evenly over the year's days (the day itself has passed), rounded half up to whole units;
    a stock starts from the year before's target, or 0. A ratio is expected in full all the time.
    """
    target = plan.targets.get(day.year)
    if target is None or plan.kind in RATIOS:
        return target
    elapsed, whole = (
        (day - date(day.year, 1, 1)).days + 1,
        (date(day.year, 12, 31) - date(day.year, 1, 1)).days + 1,
    )
    before = plan.targets.get(day.year - 1, Decimal(0)) if plan.kind in GROWING_STOCKS else 0
    return (before + (target - before) * elapsed / whole).quantize(Decimal(1), ROUND_HALF_UP)


def status_of(plan: PlannedIndicator, parts: Parts, day: date) -> str:
    """Return met, not_met, on_track, behind, no_target or no_data for a figure at a day."""
    if plan.kind == MILESTONE:
        return _milestone_status(plan, parts, day)
    target, expected = plan.targets.get(day.year), expected_value(plan, day)
    if target is None or expected is None:
        return "no_target"
    if parts.numerator is None or parts.denominator == 0:
        return "no_data"
    # the parts, not the rounded ratio: 49.99996% is not 50%
    if is_year_over(day):
        return "met" if parts.numerator >= target * (parts.denominator or 1) else "not_met"
    return "on_track" if parts.numerator >= expected * (parts.denominator or 1) else "behind"


def _milestone_status(plan: PlannedIndicator, parts: Parts, day: date) -> str:
    if day.year not in plan.due_on:
        return "no_target"
    if parts.numerator:
        return "met" if is_year_over(day) else "on_track"
    return "on_track" if day < plan.due_on[day.year] else "not_met"
