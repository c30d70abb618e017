"""Days whose source never says what it corrected are asked again at set ages, whatever nights ran in between."""

from __future__ import annotations

from datetime import date, timedelta

from green_freight.agencies.registers import AGES, refetch_days
from green_freight.periods import Period

DAY = date(2025, 9, 30)


def _due(asked: dict[int, int]) -> list[int]:
    """Return the ages of the days that are due; `asked` gives, by age in days, how old the day was when last asked."""
    first_days = {age: DAY - timedelta(days=age) for age in asked}
    known = {Period.day(first_days[age]): first_days[age] + timedelta(days=was) for age, was in asked.items()}
    return sorted((DAY - period.first_day).days for period in refetch_days(DAY, known))


def test_a_warehouse_that_runs_every_night_asks_at_each_age_once() -> None:
    last_fetched = {age: max((a for a in (0, *AGES) if a < age), default=0) for age in range(62)}
    assert _due(last_fetched) == sorted(AGES)


def test_nights_that_did_not_run_are_made_up_for() -> None:
    assert _due(dict.fromkeys(range(10), 0)) == list(range(1, 10))


def test_what_history_took_late_is_not_asked_again_at_once() -> None:
    assert _due({age: age - 1 for age in (10, 20, 30, 40, 60)}) == []


def test_the_same_night_again_asks_nothing_more() -> None:
    assert _due({age: age for age in range(62)}) == []
