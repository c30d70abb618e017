"""The true value of every indicator for every month, from the city's own objects, in Python.

What is known when the day `as_of` is over counts: late entries and corrections are in, the future is not. A month has
its status at its last day, the running one at `as_of`. The warehouse computes the same in SQL; that the two agree
verifies both.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from typing import TYPE_CHECKING

from demo_city.monthly_events import FIRST_DAY
from demo_city.plan_targets import (
    ACCUMULATING_SHARES,
    GROWING_STOCKS,
    INDICATORS,
    PERIOD_END,
    RATIOS,
    PlannedIndicator,
)
from demo_city.random_generator import month_end, month_starts
from demo_city.truth_measures import AsOfState, Parts, as_of_state, measure_of

if TYPE_CHECKING:
    from demo_city.city_source import CityRecord

_SIX_PLACES = Decimal("0.000001")


@dataclass(frozen=True)
class TrueValue:
    """One indicator in one month; ratios rounded half up to six decimals, parts exact."""

    indicator_code: str
    work_no: int
    target_kind: str
    period_month: date
    year: int
    as_of_date: date
    numerator: Decimal | None
    denominator: Decimal | None
    actual_value: Decimal | None
    target_value: Decimal | None
    expected_value: Decimal | None
    completion_ratio: Decimal | None
    status_code: str
    null_reason: str | None


def true_values(city: CityRecord, as_of: date) -> list[TrueValue]:
    """Return every indicator for every month from the programme's first to that of `as_of`, as known at its end."""
    known = as_of_state(city, as_of)
    months = month_starts(FIRST_DAY, as_of)
    return [_true_value(plan, known, month) for plan in INDICATORS for month in months]


def true_scorecard(city: CityRecord, as_of: date) -> list[TrueValue]:
    """Return one entry per indicator and year: that of the year's last month up to `as_of`."""
    last = {(v.indicator_code, v.year): v for v in true_values(city, as_of)}
    return list(last.values())


def _true_value(plan: PlannedIndicator, known: AsOfState, month: date) -> TrueValue:
    day = min(month_end(month), known.as_of)
    parts = measure_of(plan.code)(known, day)
    exact = parts.value
    target = plan.targets.get(day.year)
    return TrueValue(
        indicator_code=plan.code,
        work_no=plan.work_no,
        target_kind=plan.kind,
        period_month=month,
        year=day.year,
        as_of_date=day,
        numerator=parts.numerator,
        denominator=parts.denominator,
        actual_value=_round(exact) if parts.denominator is not None and exact is not None else exact,
        target_value=target,
        expected_value=expected_value(plan, day),
        completion_ratio=_round(exact / target) if exact is not None and target is not None else None,
        status_code=status_of(plan, parts, day),
        null_reason=parts.null_reason,
    )


def _is_year_over(day: date) -> bool:
    return (day.month, day.day) == (12, 31)


def expected_value(plan: PlannedIndicator, day: date) -> Decimal | None:
    """Return what should have been reached by a day; None without a numeric target.

    Additions and stocks grow evenly over the year's days (the day itself has passed), rounded half up to whole units;
    a stock starts from the year before's target, or 0. A share of the initial stock grows evenly over the period's
    days, any other ratio is expected in full all the time.
    """
    target = plan.targets.get(day.year)
    if target is None or plan.kind in RATIOS:
        return target
    if plan.code in ACCUMULATING_SHARES:
        passed, all_days = ((end - FIRST_DAY).days + 1 for end in (day, PERIOD_END))
        return _round(target * passed / all_days)
    elapsed, whole = (end.timetuple().tm_yday for end in (day, day.replace(month=12, day=31)))
    before = plan.targets.get(day.year - 1, Decimal(0)) if plan.kind in GROWING_STOCKS else 0
    return (before + (target - before) * elapsed / whole).quantize(Decimal(1), ROUND_HALF_UP)


def status_of(plan: PlannedIndicator, parts: Parts, day: date) -> str:
    """Return met, not_met, on_track, behind, not_due, no_target or no_data for a figure at a day."""
    if plan.is_milestone:
        due_on = plan.due_on(day.year)
        if due_on is None:
            return "no_target"
        if parts.numerator:
            return "met" if _is_year_over(day) else "on_track"
        return "not_due" if day < due_on else "not_met"
    target, expected = plan.targets.get(day.year), expected_value(plan, day)
    if target is None or expected is None:
        return "no_target"
    if parts.numerator is None or parts.denominator == 0:
        return "no_data"
    # the parts, not the rounded ratio: 49.99996% is not 50%
    if _is_year_over(day):
        return "met" if parts.numerator >= target * (parts.denominator or 1) else "not_met"
    return "on_track" if parts.numerator >= expected * (parts.denominator or 1) else "behind"


def _round(value: Decimal) -> Decimal:
    return value.quantize(_SIX_PLACES, ROUND_HALF_UP)
