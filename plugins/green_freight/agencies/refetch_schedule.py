"""Deliveries whose source never reports what it corrected: their days are fetched again at set ages."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date, timedelta
from typing import Any

import psycopg

from green_freight.agencies.agency import Agency
from green_freight.agencies.connector import FetchRequest
from green_freight.agencies.fetch_records import last_fetched
from green_freight.agencies.register_reconciliation import listed_records
from green_freight.contracts import contract
from green_freight.landing import Exchange
from green_freight.periods import Period
from green_freight.programme import programme

# Ages in days at which a day is fetched again: meters that were offline report within days, month-ends are settled
# within a month or two. Later corrections are fetched by a backfill.
AGES = (1, 3, 7, 31, 61)

_STATIONS = "stations"


def refetch_requests(
    session: psycopg.Connection[Any],
    agency: Agency,
    registers: Mapping[str, Sequence[Exchange]],
    day: date,
    days_back: int,
) -> list[FetchRequest]:
    """Return the days of an agency's refetched deliveries that the night of a business day requests again.

    `registers` are its whole registers; where the stations could not be read, a later night requests the days.

    Raises:
        psycopg.Error: the warehouse cannot be read.
    """
    if _STATIONS not in registers:
        return []
    first, last = Period.day(day - timedelta(days=days_back - 1)), Period.day(day)
    listed = listed_records(contract("power_station"), registers[_STATIONS], day)
    station_ids = {station_id for _, station_id in listed.keys}
    found: list[FetchRequest] = []
    for delivery in agency.deliveries.values():
        if delivery.refetch:
            due = refetch_days(day, last_fetched(session, agency.code, delivery.name, first, last))
            complete = days_of_listed_stations(session, due, station_ids)
            found += [FetchRequest(delivery.name, period) for period in complete]
    return found


def refetch_days(
    day: date, last_fetched: Mapping[Period, date], ages: Collection[int] = AGES
) -> list[Period]:
    """Return the days that have reached an age since they were last fetched, by the night of a business day.

    `last_fetched` holds, by day, the newest business day of the runs that fetched it; a night that never ran loses
    nothing, since the next one finds the age reached.
    """
    return sorted(
        period
        for period, fetched in last_fetched.items()
        if any(fetched < period.first_day + timedelta(days=age) <= day for age in ages)
    )


def days_of_listed_stations(
    session: psycopg.Connection[Any], days: Iterable[Period], station_ids: Collection[str]
) -> list[Period]:
    """Return those days whose loaded statistics come from stations that are all still listed.

    The company sends nothing for a station that it has deleted: fetched again, the day would lose what the station
    did deliver, so such a day stays as it is.
    """
    requested = {period.label: period for period in days}
    table = session.execute("select to_regclass('raw.power_connector_energy')").fetchone()
    if not requested or table == (None,):
        return list(requested.values())
    incomplete = session.execute(
        """
        select distinct _period from raw.power_connector_energy
        where _period = any(%s) and _city_code = %s and not station_id = any(%s)
        """,
        [list(requested), programme().city_code, list(station_ids)],
    )
    unchanged = {label for (label,) in incomplete}
    return [period for label, period in requested.items() if label not in unchanged]
