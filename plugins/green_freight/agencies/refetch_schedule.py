"""Deliveries whose source never says what it corrected: their days are asked again while they settle."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date, timedelta
from typing import Any

import psycopg

from green_freight.agencies.delivery import Agency
from green_freight.agencies.fetch_records import last_asked
from green_freight.agencies.register_reconciliation import listed_records
from green_freight.contracts import contract
from green_freight.landing import Exchange
from green_freight.periods import Period
from green_freight.programme import programme

# Ages in days at which a day is asked again: meters that were offline report within days, month-ends are settled
# within a month or two. What is corrected later is a backfill's work.
AGES = (1, 3, 7, 31, 61)


_STATIONS = "stations"


def refetch_requests(
    warehouse: psycopg.Connection[Any],
    agency: Agency,
    registers: Mapping[str, Sequence[Exchange]],
    day: date,
    days_back: int,
) -> list[tuple[str, Period]]:
    """Return the days of an agency's settling deliveries that the night of a business day asks again.

    `registers` are its whole registers; where the stations could not be read, a later night asks.

    Raises:
        psycopg.Error: the warehouse cannot be read.
    """
    if _STATIONS not in registers:
        return []
    first, last = Period.day(day - timedelta(days=days_back - 1)), Period.day(day)
    listed = listed_records(contract("power_station"), registers[_STATIONS], day)
    station_ids = {station_id for _, station_id in listed.keys}
    found: list[tuple[str, Period]] = []
    for delivery in agency.deliveries.values():
        if delivery.settles:
            asked = last_asked(warehouse, agency.code, delivery.name, first, last)
            due = answered_by_all(warehouse, refetch_days(day, asked), station_ids)
            found += [(delivery.name, period) for period in due]
    return found


def refetch_days(day: date, last_asked: Mapping[Period, date], ages: Collection[int] = AGES) -> list[Period]:
    """Return the days that have reached an age since they were last asked for, by the night of a business day.

    `last_asked` holds, by day, the newest business day of the runs that were answered; a night that never ran loses
    nothing, since the next one finds the age reached.
    """
    return sorted(
        period
        for period, asked in last_asked.items()
        if any(asked < period.first_day + timedelta(days=age) <= day for age in ages)
    )


def answered_by_all(
    warehouse: psycopg.Connection[Any], days: Iterable[Period], station_ids: Collection[str]
) -> list[Period]:
    """Return those days whose loaded statistics come from stations that are all still listed.

    The company answers nothing for a station that it has deleted: asked again, the day would lose what the station
    did deliver, so such a day stays as it is.
    """
    wanted = {period.label: period for period in days}
    if not wanted or warehouse.execute("select to_regclass('raw.power_connector_energy')").fetchone() == (
        None,
    ):
        return list(wanted.values())
    incomplete = warehouse.execute(
        """
        select distinct _period from raw.power_connector_energy
        where _period = any(%s) and _city_code = %s and not station_id = any(%s)
        """,
        [list(wanted), programme().city_code, list(station_ids)],
    )
    kept = {label for (label,) in incomplete}
    return [period for label, period in wanted.items() if label not in kept]
