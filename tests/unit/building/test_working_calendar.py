"""The working calendar: the official notices where there are any, weekdays flagged provisional beyond them."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from green_freight.building.working_calendar import calendar_day, calendar_days, last_noticed_year


@pytest.mark.parametrize(("year", "working_days"), [(2023, 249), (2024, 251), (2025, 248), (2026, 248)])
def test_working_days_of_a_year(year: int, working_days: int) -> None:
    days = [day for day in calendar_days(date(2026, 6, 30)) if day.calendar_date.year == year]
    assert sum(day.is_working_day for day in days) == working_days


def test_a_make_up_sunday_is_a_working_day() -> None:
    day = calendar_day(date(2024, 2, 4))
    assert (day.is_working_day, day.is_make_up_working_day, day.is_official_holiday) == (True, True, False)
    assert day.holiday_name_zh is None


def test_a_holiday_carries_its_names() -> None:
    day = calendar_day(date(2025, 10, 6))
    assert (day.holiday_name_zh, day.holiday_name_en, day.is_working_day) == (
        "中秋",
        "Mid-autumn Festival",
        False,
    )


def test_a_year_without_a_notice_is_weekdays_only_and_says_so() -> None:
    new_year = date(last_noticed_year() + 1, 1, 1)
    days = [calendar_day(new_year + timedelta(days=n)) for n in range(14)]
    assert all(day.is_calendar_provisional and not day.is_official_holiday for day in days)
    assert [day.is_working_day for day in days] == [day.calendar_date.isoweekday() <= 5 for day in days]


def test_the_calendar_runs_to_the_end_of_the_year_after_the_as_of_date() -> None:
    days = [day.calendar_date for day in calendar_days(date(2026, 12, 31))]
    assert (days[0], days[-1]) == (date(2022, 1, 1), date(2027, 12, 31))
    assert days == sorted(set(days))
    assert list(calendar_days(date(2026, 1, 1))) == list(calendar_days(date(2026, 12, 31)))
