"""What of the programme's history the warehouse does not hold yet."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date

import psycopg
from green_freight import settings
from green_freight.periods import Period, months

# A delivery with one of these outcomes has been asked for and had nothing to give: asking again changes nothing.
SETTLED_FETCHES = ("not_due", "not_delivered")
SUCCESSFUL_LOADS = ("loaded", "unchanged")


@dataclass(frozen=True)
class Gap:
    """The months from `first` to `last` in which some of `agencies` lack a delivery."""

    first: Period
    last: Period
    agencies: tuple[str, ...]

    def conf(self, day: date) -> dict[str, object]:
        """Return the parameters of `backfill_history` that fill this gap."""
        return {
            "from_month": self.first.label,
            "to_month": self.last.label,
            "agencies": list(self.agencies),
            "business_day": day.isoformat(),
            "reason": "第一次载入全部历史 / first load of the history",
        }


def missing(owner_url: str, first: Period, day: date) -> Gap | None:
    """Return what has to be loaded before the nightly run of a business day, None if nothing is missing.

    Args:
        owner_url: the warehouse, as a role that may read `ops`.
        first: the first month of the history.
        day: the business day; its own month is history up to the day before.
    """
    wanted = expected(first, day)
    with psycopg.connect(owner_url) as connection:
        held = _settled(connection)
    return gap(wanted, held)


def expected(first: Period, day: date) -> dict[str, set[tuple[str, str]]]:
    """Return by agency the (delivery, period label) pairs that a full history up to a day consists of."""
    from green_freight.agencies import due_in_month

    return {
        agency: {
            (delivery, period.label)
            for month in months(first, Period.day(day))
            for delivery, period in due_in_month(agency, month, day)
        }
        for agency in settings.AGENCIES
    }


def gap(wanted: Mapping[str, Iterable[tuple[str, str]]], held: set[tuple[str, str, str]]) -> Gap | None:
    """Return the smallest range of months and agencies that holds every wanted delivery not yet held."""
    lacking = {
        agency: {Period(label).month for delivery, label in pairs if (agency, delivery, label) not in held}
        for agency, pairs in wanted.items()
    }
    agencies = tuple(agency for agency, found in lacking.items() if found)
    if not agencies:
        return None
    every = set().union(*lacking.values())
    return Gap(min(every), max(every), agencies)


def _settled(connection: psycopg.Connection[tuple[str, str, str]]) -> set[tuple[str, str, str]]:
    return set(
        connection.execute(
            """
            select agency_code, delivery_name, period_label from ops.load where outcome_code = any(%s)
            union
            select agency_code, delivery_name, period_label from ops.fetch where outcome_code = any(%s)
            """,
            [list(SUCCESSFUL_LOADS), list(SETTLED_FETCHES)],
        )
    )
