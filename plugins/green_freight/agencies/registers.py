"""Registers as they stand at the source, compared with raw, and the days that are fetched again for what they list.

A request for what changed in a window never shows a record that was deleted without a tombstone, nor one whose time
of change was written back into a window fetched before. A night therefore reads each register once as a whole and
requests the windows that differ again; the responses land and replace the windows' rows like any other, so that raw
follows from landing alone. Deliveries whose source never reports what it corrected are fetched again at set ages.
"""

from __future__ import annotations

import io
import logging
from collections import deque
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

import psycopg
from psycopg import sql

from green_freight import business_days
from green_freight.agencies.agency import Agency
from green_freight.agencies.connector import FetchPlan, FetchRequest
from green_freight.agencies.fetch_records import last_fetched
from green_freight.contracts import Contract, contract, contracts_of
from green_freight.contracts.row_model import key_text
from green_freight.errors import FetchError, fetch_error
from green_freight.landing import Exchange, write_exchanges
from green_freight.loading.outcomes import SourceRow, UnreadableFileError
from green_freight.loading.readers import Source, open_reading
from green_freight.loading.row_validation import Accepted, RowValidator
from green_freight.periods import Period, business_day
from green_freight.programme import programme
from green_freight.warehouse import Session

log = logging.getLogger(__name__)

Key = tuple[str, ...]

# A listing that lacks more than this of the records in raw is not acted upon: a source that lost its data, or half of a
# response, looks the same. An operator asks the agency, and a backfill of the register's months accepts it.
MOST_VANISHED_SHARE = 0.05
ALWAYS_TOLERATED_RECORDS = 3

# Ages in days at which a day is fetched again: meters that were offline report within days, month-ends are settled
# within a month or two. Later corrections are fetched by a backfill.
AGES = (1, 3, 7, 31, 61)

# Windows of one register after today that a night requests at most, the earliest first.
MOST_DAYS_AHEAD = 31

_CHANGED_AT, _IS_DELETED = "changed_at", "is_deleted"


@dataclass(frozen=True)
class Listed:
    """The records of one dataset as the source lists them, and when those that the contract accepts were changed.

    Where the contract has no time of change, `changes` is empty.
    """

    keys: frozenset[Key]
    changes: Mapping[Key, datetime] = field(default_factory=dict)


@dataclass(frozen=True)
class Held:
    """One record in raw: the periods that hold its newest version and older ones, the newest one's time and state."""

    newest: Period
    older: tuple[Period, ...] = ()
    changed_at: datetime | None = None
    is_deleted: bool = False

    @property
    def stale(self) -> set[Period]:
        """Return the periods to be fetched again once the source no longer lists the record.

        A tombstone stays, since the source sent it; the versions before it must not come back when it is removed.
        """
        return {*self.older} if self.is_deleted else {*self.older, self.newest}


def reconcile(
    session: Session,
    agency: Agency,
    registers: Mapping[str, Sequence[Exchange]],
    covered: Mapping[tuple[str, Period], date],
    day: date,
) -> FetchPlan:
    """Return what differs between an agency's registers as listed and raw.

    `registers` are the exchanges of each whole register, by delivery; `covered` is through which day each window is
    loaded. Changes after the business day `day` are fetched by later nights, those after today with this one.
    """
    requests: list[FetchRequest] = []
    anomalies: list[tuple[str, FetchError]] = []
    for name, exchanges in registers.items():
        windows = {period: through for (delivery, period), through in covered.items() if delivery == name}
        differing: set[Period] = set()
        try:
            for contract in contracts_of(agency.code, name):
                listed, held = listed_records(contract, exchanges, day), held_records(session, contract)
                differing |= differing_windows(contract.id, listed, held, windows, day)
        except FetchError as shrunk:
            anomalies.append((name, shrunk))
            differing.clear()
        except UnreadableFileError as unreadable:
            anomalies.append((name, FetchError("answer_unexpected", str(unreadable))))
            differing.clear()
        except psycopg.OperationalError:
            raise
        except Exception as error:
            # What nobody foresaw in one register must not keep the agency's other deliveries out.
            log.exception("%s %s", agency.code, name)
            anomalies.append((name, fetch_error(error)))
            differing.clear()
        requests += [FetchRequest(name, period) for period in differing]
    return FetchPlan(requests, anomalies)


def differing_windows(
    dataset: str, listed: Listed, held: Mapping[Key, Held], windows: Mapping[Period, date], day: date
) -> set[Period]:
    """Return the windows that must be fetched again so that raw holds what the source lists.

    Raises FetchError `register_shrunk` where more records are gone than a source deletes in the course of time.
    """
    vanished = [record for key, record in held.items() if key not in listed.keys]
    _check_plausible(dataset, listed, held, [record for record in vanished if not record.is_deleted])
    differing = {period for record in vanished for period in record.stale}
    ahead: set[Period] = set()
    today = business_day(business_days.now())
    for key, changed_at in listed.changes.items():
        known = held[key].changed_at if key in held else None
        if known == changed_at:
            continue
        changed_on = business_day(changed_at)
        if known is not None and known > changed_at:
            # The source has written the time of change back: what it says now counts, not the version held.
            differing.add(held[key].newest)
        if changed_on <= day:
            differing |= _windows_of(max(changed_on, programme().first_day), windows)
        elif changed_on > today:
            ahead.add(Period.day(changed_on))
    # Its own clock is wrong where a source dates a change after today. No night would come to request it.
    return differing | set(sorted(ahead)[:MOST_DAYS_AHEAD])


def _check_plausible(
    dataset: str, listed: Listed, held: Mapping[Key, Held], vanished: Sequence[Held]
) -> None:
    most = max(ALWAYS_TOLERATED_RECORDS, MOST_VANISHED_SHARE * len(held))
    if len(vanished) > most or (vanished and not listed.keys):
        months = ", ".join(sorted({period.month.label for record in vanished for period in record.stale}))
        raise FetchError(
            "register_shrunk",
            f"{dataset}: of {len(held)} records {len(vanished)} are no longer listed, those of {months}",
            detail_zh=f"{dataset}：{len(held)} 条记录中有 {len(vanished)} 条不再列出，所在月份为 {months}",
        )


def _windows_of(changed_on: date, windows: Mapping[Period, date]) -> set[Period]:
    """Return the loaded window that a change belongs to: the day's, else the month's, else the day that is missing.

    What changed before the oldest window that was ever loaded is a backfill's work.
    """
    day = Period.day(changed_on)
    for window in (day, day.month):
        if windows.get(window, date.min) >= changed_on:
            return {window}
    return {day} if any(window.first_day <= changed_on for window in windows) else set()


def listed_records(contract: Contract, exchanges: Sequence[Exchange], day: date) -> Listed:
    """Return the records of one dataset in a whole register; UnreadableFileError where it is not as agreed."""
    container = io.BytesIO()
    write_exchanges(exchanges, container)
    content, period = container.getvalue(), Period.day(day)
    reading = open_reading(Source(contract, period, contract.delivery, lambda: io.BytesIO(content)))
    places = [contract.position(column.name) for column in contract.key]
    keys: set[Key] = set()

    def readable() -> Iterator[SourceRow]:
        # Row by row: those of a province's register would take a gigabyte.
        for row in reading.rows():
            if row.fault is None:
                keys.add(tuple(key_text(contract.columns[place], row.values[place]) for place in places))
                yield row

    changes: dict[Key, datetime] = {}
    if _CHANGED_AT in contract.names:
        changed_at = contract.position(_CHANGED_AT)
        for each in RowValidator(contract, period).validate(readable()):
            if isinstance(each, Accepted):
                changes[tuple(each.row[place] for place in places)] = each.row[changed_at]
    else:
        deque(readable(), maxlen=0)
    return Listed(frozenset(keys), changes)


def held_records(session: Session, contract: Contract) -> dict[Key, Held]:
    """Return the records that raw holds of a register's dataset, by key; none before its first load."""
    if session.execute("select to_regclass(%s)", [f"raw.{contract.id}"]).fetchone() == (None,):
        return {}
    is_versioned = _CHANGED_AT in contract.names
    # The newest version comes first, as in staging: by the source's time of change, then by period.
    query = sql.SQL(
        """
        select array[{key}] as key, array_agg(_period order by {changed_at} desc, _period desc),
            max({changed_at}), (array_agg({is_deleted} order by {changed_at} desc, _period desc))[1]
        from {table} where _city_code = %s group by 1
        """
    ).format(
        key=sql.SQL(", ").join(sql.Identifier(column.name) for column in contract.key),
        changed_at=sql.Identifier(_CHANGED_AT) if is_versioned else sql.SQL("null::timestamptz"),
        is_deleted=sql.Identifier(_IS_DELETED) if is_versioned else sql.SQL("false"),
        table=sql.Identifier("raw", contract.id),
    )
    return {
        tuple(key): Held(Period(newest), tuple(map(Period, older)), changed_at, bool(is_deleted))
        for key, (newest, *older), changed_at, is_deleted in session.execute(query, [programme().city_code])
    }


def refetch_requests(
    session: Session, agency: Agency, registers: Mapping[str, Sequence[Exchange]], day: date, days_back: int
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
        try:
            listed = listed_records(register, registers[register.delivery], day)
        except Exception:  # nosec B112
            # `reconcile` reports a register that cannot be read; a later night requests the days.
            continue
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
    session: Session, days: Sequence[Period], dataset: Contract, register: Contract, listed: Collection[Key]
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
