"""Which business days a run may stand for: only a day that is over in Asia/Shanghai can be refreshed or backfilled.

A day that is not over would be published as if it were, and the as-of date never moves back.
"""

from __future__ import annotations

from datetime import date, datetime, time, timedelta

from green_freight import settings
from green_freight.errors import PermanentError
from green_freight.messages import message
from green_freight.periods import SHANGHAI, business_day

# By this time of the next morning readers expect a business day's publication.
PUBLISHED_BY = time(6)


class BusinessDayError(PermanentError, ValueError):
    """A day that no run can stand for: it is not over, or no date; the message says which days can be chosen."""


def now() -> datetime:
    """Return the present: the instant at which the demonstration agencies stand, else the real time."""
    found = settings.current()
    if found.synthetic and found.clock is not None:
        return found.clock
    return datetime.now(SHANGHAI)


def yesterday(moment: datetime | None = None) -> date:
    """Return the business day before an instant, by default the present: the newest one that is over then."""
    return business_day(moment or now()) - timedelta(days=1)


def require_over(day: date, newest: date) -> date:
    """Return a business day; BusinessDayError where it is later than `newest`, the newest one that is over."""
    if day > newest:
        raise BusinessDayError(message("business_day_not_over", day=day, newest=newest))
    return day


def parsed(text: str) -> date:
    """Return the day that a person has written as 2025-09-30; BusinessDayError where it is none."""
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise BusinessDayError(message("no_business_day", text=text)) from error


def of_run(
    asked: str | None,
    logical_date: datetime | None,
    interval_start: datetime | None,
    run_after: datetime | None,
) -> date:
    """Return the business day that a nightly run stands for, whether or not it is over.

    Args:
        asked: the day that a person typed (parameter `business_day`), or None.
        logical_date: of Airflow; None where a run is started by hand, which is Airflow's default since version 3.
        interval_start: the start of the data interval, 02:00 of the business day where the timetable or
            `airflow backfill` made the run; None where there is no logical date.
        run_after: the instant from which the run could begin; a run that is cleared days later keeps it.

    Raises BusinessDayError: `asked` is no date.
    """
    if asked:
        return parsed(asked)
    if logical_date is not None and interval_start in (None, logical_date):
        return business_day(logical_date)
    # Started by hand, perhaps with the moment as logical date: the day before, as the next night would take it.
    return yesterday(min(logical_date or run_after or now(), now()))


def published_by(day: date) -> datetime:
    """Return the instant by which a business day has to be published: PUBLISHED_BY of the next morning."""
    return datetime.combine(day + timedelta(days=1), PUBLISHED_BY, SHANGHAI)
