"""The working calendar of China (国务院办公厅节假日安排), written to raw.reference_calendar.

`chinesecalendar` carries the State Council's yearly notices. A year that it does not know yet is weekdays only
and flagged provisional, so that the nightly run survives 1 January before the library's next release.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import astuple, dataclass, fields
from datetime import date, timedelta

from chinese_calendar import Holiday, constants
from psycopg import Connection, sql

from green_freight.messages import message
from green_freight.programme import programme
from green_freight.warehouse.statements import statements

_SQL = statements(__file__)

log = logging.getLogger(__name__)

_SATURDAY = 6
_HOLIDAYS: dict[str, Holiday] = {holiday.value: holiday for holiday in Holiday}


@dataclass(frozen=True)
class CalendarDay:
    """One calendar day, as raw.reference_calendar keeps it."""

    calendar_date: date
    is_working_day: bool
    is_official_holiday: bool
    holiday_name_zh: str | None
    holiday_name_en: str | None
    is_make_up_working_day: bool
    is_calendar_provisional: bool


def last_noticed_year() -> int:
    """Return the newest year whose official notice the calendar library carries."""
    year: int = max(constants.holidays).year
    return year


def calendar_day(day: date) -> CalendarDay:
    """Return what the official notices say about one day; weekdays only where there is no notice yet."""
    is_weekday = day.isoweekday() < _SATURDAY
    if day.year > last_noticed_year():
        return CalendarDay(day, is_weekday, False, None, None, False, True)
    holiday = _HOLIDAYS.get(constants.holidays.get(day, ""))
    is_make_up = day in constants.workdays
    return CalendarDay(
        calendar_date=day,
        is_working_day=is_make_up or (is_weekday and holiday is None),
        is_official_holiday=holiday is not None,
        holiday_name_zh=holiday.chinese if holiday else None,
        holiday_name_en=holiday.value if holiday else None,
        is_make_up_working_day=is_make_up,
        is_calendar_provisional=False,
    )


def calendar_days(as_of_date: date) -> Iterator[CalendarDay]:
    """Yield every day of the years from the one before the programme to the one after the as-of date, in order."""
    # A year before the programme, so that looking back a year from its first day finds its day.
    day = date(programme().first_day.year - 1, 1, 1)
    while day.year <= as_of_date.year + 1:
        yield calendar_day(day)
        day += timedelta(days=1)


def warn_of_missing_notice(as_of_date: date) -> None:
    """Warn where the library does not carry the notice of the as-of date's year."""
    if as_of_date.year > last_noticed_year():
        log.warning(message("calendar_not_known", year=as_of_date.year))


def write_calendar(loader: Connection[tuple[object, ...]], as_of_date: date) -> int:
    """Write raw.reference_calendar whole, as the role loader; return its number of days.

    The same library and as-of date give the same rows.
    """
    loader.execute(_SQL["create"])
    loader.execute("delete from raw.reference_calendar")
    names = sql.SQL(", ").join(sql.Identifier(field.name) for field in fields(CalendarDay))
    written = 0
    with loader.cursor().copy(sql.SQL("copy raw.reference_calendar ({}) from stdin").format(names)) as copy:
        for day in calendar_days(as_of_date):
            copy.write_row(astuple(day))
            written += 1
    return written
