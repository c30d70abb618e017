"""What of the programme's history has to be loaded before a night can be run."""

from __future__ import annotations

from datetime import date, timedelta

import psycopg
from green_freight.coverage import BackfillRange, not_due, smallest_backfill, through
from green_freight.periods import Period


def missing(owner_url: str, first: Period, day: date) -> list[BackfillRange]:
    """Return the backfills that have to come before the nightly run of a business day; none if nothing is missing.

    What an agency was asked for and had not delivered is left to the night, which asks again: asking for the whole
    month first would change nothing.

    Args:
        owner_url: the warehouse, as a role that may read `ops`.
        first: the first month of the history.
        day: the business day; the day itself is the night's own work.
    """
    with psycopg.connect(owner_url) as warehouse:
        found = [one for one in through(warehouse, day - timedelta(days=1)) if one.month >= first.month]
    unasked = {(one.agency_code, one.month) for one in found if one.parts_missing > one.parts_not_delivered}
    return smallest_backfill(unasked, not_due(found))


def conf(request: BackfillRange, day: date) -> dict[str, object]:
    """Return the parameters of `backfill_history` for a request, loading nothing after a business day."""
    return {
        "from_month": request.first.label,
        "to_month": request.last.label,
        "agencies": list(request.agencies),
        "business_day": day.isoformat(),
        "reason": "载入缺少的历史 / load of the history that is missing",
    }
