"""Deliveries whose source never reports what it corrected: their days are fetched again at set ages."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import date, timedelta

from psycopg import sql

from green_freight.agencies.agency import Agency
from green_freight.agencies.connector import FetchRequest
from green_freight.agencies.fetch_records import last_fetched
from green_freight.agencies.register_reconciliation import Key, listed_records
from green_freight.contracts import Contract, contract
from green_freight.landing import Exchange
from green_freight.periods import Period
from green_freight.programme import programme
from green_freight.warehouse import Session

# Ages in days at which a day is fetched again: meters that were offline report within days, month-ends are settled
# within a month or two. Later corrections are fetched by a backfill.
AGES = (1, 3, 7, 31, 61)


def refetch_requests(
    session: Session,
    agency: Agency,
    registers: Mapping[str, Sequence[Exchange]],
    day: date,
    days_back: int,
) -> list[FetchRequest]:
    """Return the days of an agency's refetched deliveries that the night of a business day requests again.

    `registers` are its whole registers; where the one that a delivery refers to could not be read, a later night
    requests the days.
    """
    first, last = Period.day(day - timedelta(days=days_back - 1)), Period.day(day)
    found: list[FetchRequest] = []
    for delivery in agency.deliveries.values():
        register = contract(delivery.refetch) if delivery.refetch else None
        if register is None or register.delivery not in registers:
            continue
        due = refetch_days(day, last_fetched(session, agency.code, delivery.name, first, last))
        listed = listed_records(register, registers[register.delivery], day)
        for dataset in delivery.datasets:
            due = days_of_listed_records(session, due, contract(dataset), register, listed.keys)
        found += [FetchRequest(delivery.name, period) for period in due]
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


def days_of_listed_records(
    session: Session,
    days: Sequence[Period],
    dataset: Contract,
    register: Contract,
    listed: Collection[Key],
) -> list[Period]:
    """Return those days whose loaded rows refer to records (stations) that the register still lists.

    The source sends nothing for a record that it has deleted: fetched again, the day would lose what the record did
    deliver, so such a day stays as it is. The two datasets share one column of the register's key.
    """
    [place] = [place for place, column in enumerate(register.key) if column.name in dataset.names]
    table = session.execute("select to_regclass(%s)", [f"raw.{dataset.id}"]).fetchone()
    if not days or table == (None,):
        return list(days)
    query = sql.SQL(
        "select distinct _period from {} where _period = any(%s) and _city_code = %s and not {} = any(%s)"
    ).format(sql.Identifier("raw", dataset.id), sql.Identifier(register.key[place].name))
    labels, identifiers = [period.label for period in days], sorted({key[place] for key in listed})
    incomplete = {label for (label,) in session.execute(query, [labels, programme().city_code, identifiers])}
    return [period for period in days if period.label not in incomplete]
