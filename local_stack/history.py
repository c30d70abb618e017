"""What of the programme's history has to be loaded before a night can be run."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING

import psycopg
from green_freight.periods import Period

if TYPE_CHECKING:
    from green_freight.coverage import BackfillRange


def missing(owner_url: str, first: Period, day: date) -> BackfillRange | None:
    """Return what has to be backfilled before the nightly run of a business day, None if nothing is missing.

    What an agency was asked for and had not delivered is left to the night, which asks again: asking for the whole
    month first would change nothing.

    Args:
        owner_url: the warehouse, as a role that may read `ops`.
        first: the first month of the history.
        day: the business day; the day itself is the night's own work.
    """
    # The registry's protocols are a third of what the command line has to import: not for every command.
    from green_freight.coverage import backfill_of, through

    with psycopg.connect(owner_url) as warehouse:
        found = [one for one in through(warehouse, day - timedelta(days=1)) if one.month >= first.month]
    return backfill_of(one for one in found if one.parts_missing > one.parts_not_delivered)


def conf(gap: BackfillRange, day: date) -> dict[str, object]:
    """Return the parameters of `backfill_history` that load what is missing of a range through a business day."""
    return {
        "from_month": gap.first.label,
        "to_month": gap.last.label,
        "agencies": list(gap.agencies),
        "business_day": day.isoformat(),
        "only_missing": True,
        "reason": "载入缺少的历史 / load of the history that is missing",
    }
