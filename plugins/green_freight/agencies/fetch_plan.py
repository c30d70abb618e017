"""What is requested from an agency: by a night, and by a backfill of a month.

A night requests its business day, the forms of its month, and what the warehouse should have and has not: parts of the
expected calendar of a bounded past without a complete load, files on a server that are new or changed (of whatever
month), corrected days, windows of a register that differ from the register as listed, and days whose figures may still
change. Everything depends on the business day alone, never on the clock, so that a night can be repeated.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta

from green_freight.agencies.agency import Agency, SftpConnection, agency_named
from green_freight.agencies.connector import Connection, FetchPlan, FetchRequest, KnownFile, ListedFile
from green_freight.agencies.connectors import discover
from green_freight.agencies.fetch_records import (
    DuePart,
    corrections_known_until,
    covered_through,
    due_parts,
    known_files,
)
from green_freight.agencies.registers import reconcile, refetch_requests
from green_freight.contracts import Granularity
from green_freight.periods import Period
from green_freight.programme import programme
from green_freight.warehouse import Warehouse

# How far a night looks back for what is missing; older gaps are filled by a backfill.
DAYS_BACK = 62
MONTHS_BACK = 4
# Corrections are requested from this many days before the last night that got a response, and before this one, so that
# a discovery that failed in an otherwise successful night loses none.
CORRECTIONS_DAYS_BACK = 7

Covered = Mapping[tuple[str, Period], date]


@dataclass(frozen=True)
class PlanInputs:
    """What the warehouse has, and what the agency tells without being asked for a period.

    `covered` gives the day through which a delivery's period is loaded; `known` and `listed` are files; `changed`
    are the days, by delivery, whose rows the agency corrected lately; `again` are periods that were loaded before
    and differ, or may differ, from what the agency would deliver now; `due` are the parts of the expected calendar.
    """

    covered: Covered = field(default_factory=dict)
    known: Sequence[KnownFile] = ()
    listed: Sequence[ListedFile] = ()
    changed: Mapping[str, Sequence[date]] = field(default_factory=dict)
    again: Sequence[tuple[str, Period]] = ()
    due: Sequence[DuePart] = ()


def nightly_plan(
    warehouse: Warehouse, agency: str, day: date, connections: Mapping[str, Connection]
) -> FetchPlan:
    """Return what the night of a business day requests from an agency.

    Where discovery fails, the plan is made without it: the requests themselves will record the failure.
    """
    found = agency_named(agency)
    with warehouse.connect("loader", autocommit=True) as session:
        covered, known = covered_through(session, found), known_files(session, agency)
        due = due_parts(session, agency, day)
        known_until = min(corrections_known_until(session, agency, day) or day, day)
        since = Period.day(known_until - timedelta(days=CORRECTIONS_DAYS_BACK - 1)).starts_at
        discovery = discover(found, connections, since, Period.day(day).ends_at)
        differences = reconcile(session, found, discovery.registers, covered, day)
        refetched = refetch_requests(session, found, discovery.registers, day, DAYS_BACK)
    again = [*differences.requests, *refetched]
    inputs = PlanInputs(covered, known, discovery.listed, discovery.changed, again, due)
    return FetchPlan(nightly_requests(found, day, inputs), differences.anomalies, discovery.unplaced)


def nightly_requests(agency: Agency, day: date, inputs: PlanInputs) -> list[FetchRequest]:
    """Return what a night requests, from what is known; the rule without reading anything."""
    requests = {
        *_current(agency, day),
        *_missing(day, inputs),
        *_loaded_forms(agency, day, inputs.covered),
        *_changed(agency, day, inputs),
    }
    order = list(agency.deliveries)
    return sorted(requests, key=lambda each: (order.index(each.delivery), each.period))


def _current(agency: Agency, day: date) -> Iterator[FetchRequest]:
    for delivery in agency.deliveries.values():
        is_form = delivery.granularity is Granularity.MONTH
        yield FetchRequest(delivery.name, Period.month_of(day) if is_form else Period.day(day))


def _missing(day: date, inputs: PlanInputs) -> Iterator[FetchRequest]:
    """Yield the parts of the last days and months that were due and are not loaded."""
    days_covered = _days_covered(inputs.covered)
    for part in inputs.due:
        first = part.period.first_day
        if part.period.is_month:
            is_recent = 12 * (day.year - first.year) + day.month - first.month < MONTHS_BACK
        else:
            is_recent = (day - first).days < DAYS_BACK
        if is_recent and (part.delivery, part.due_on) not in days_covered:
            yield FetchRequest(part.delivery, part.period)


def _loaded_forms(agency: Agency, day: date, covered: Covered) -> Iterator[FetchRequest]:
    """Yield a service's earlier forms: it does not tell, as a server does by its listing, that one was corrected."""
    for name, period in covered:
        delivery = agency.deliveries[name]
        is_listed = isinstance(agency.connections[delivery.connection_id], SftpConnection)
        if delivery.granularity is Granularity.MONTH and not is_listed and period < Period.month_of(day):
            yield FetchRequest(name, period)


def _changed(agency: Agency, day: date, inputs: PlanInputs) -> Iterator[FetchRequest]:
    """Yield files that are new or changed on a server, corrected days, and what is to be fetched again."""
    known: defaultdict[tuple[str, Period], list[KnownFile]] = defaultdict(list)
    for file in inputs.known:
        known[file.delivery, Period(file.period)].append(file)
    # What lies before the oldest file ever fetched is not late: it is history that was never requested. A night that
    # fetched some of it would have the next one fetch more, back to the programme's first day. The oldest comes last.
    begins = {name: period.first_day for name, period in sorted(known, reverse=True)}
    files = [
        (file.delivery, file.period)
        for file in inputs.listed
        if file.period.first_day >= begins.get(file.delivery, date.max)
        and not any(map(file.is_known_as, known[file.delivery, file.period]))
    ]
    corrected = [
        (name, Period.day(changed))
        for name, days in inputs.changed.items()
        for changed in days
        if changed >= begins.get(name, date.min)
    ]
    for name, period in [*files, *corrected]:
        if name in agency.deliveries and programme().first_day <= period.first_day <= day:
            yield FetchRequest(name, period)
    # A register may have changes that its source dates after today.
    for name, period in inputs.again:
        if name in agency.deliveries and programme().first_day <= period.first_day:
            yield FetchRequest(name, period)


def requests_of_month(
    agency: str, month: Period, until_day: date, events_from: Period | None = None
) -> list[FetchRequest]:
    """Return how a backfill requests a month from an agency: forms and registers by month, events by day.

    Days after `until_day` and months before the programme's first day are left out, and the days of months before
    `events_from`, where one is given.
    """
    if month.last_day < programme().first_day:
        return []
    return [
        FetchRequest(delivery.name, period)
        for delivery in agency_named(agency).deliveries.values()
        if delivery.granularity is not Granularity.DAY or events_from is None or month >= events_from
        for period in (month.days() if delivery.granularity is Granularity.DAY else [month])
        if period.first_day <= until_day
    ]


def not_loaded(
    warehouse: Warehouse, agency: str, requests: Iterable[FetchRequest], until_day: date
) -> list[FetchRequest]:
    """Return those requests whose data are not loaded yet, or not as far as they could be by `until_day`."""
    with warehouse.connect("loader") as session:
        return unloaded(requests, until_day, covered_through(session, agency_named(agency)))


def unloaded(requests: Iterable[FetchRequest], until_day: date, covered: Covered) -> list[FetchRequest]:
    """Return the requests of which some day through `until_day` is not covered.

    The days and months of a register cover it together, as in `ops.coverage`: what the nights have loaded day by
    day need not be requested again by month.
    """
    days_covered = _days_covered(covered)
    return [
        FetchRequest(name, period)
        for name, period in requests
        if any(day <= until_day and (name, day) not in days_covered for day in period.dates())
    ]


def all_of(
    warehouse: Warehouse, agency: str, requests: Iterable[FetchRequest], until_day: date
) -> list[FetchRequest]:
    """Return all requests, and the days by which nights have loaded the registers of the months among them.

    A record counts by its time of change, then by its window, and a day comes after its month: requested by month
    alone, what a night loaded would stay as it was.
    """
    found, asked = agency_named(agency), list(requests)
    months = {
        each for each in asked if found.delivery(each.delivery).granularity is Granularity.CHANGED_SINCE
    }
    with warehouse.connect("loader") as session:
        covered = covered_through(session, found)
    days = [
        FetchRequest(name, period)
        for name, period in covered
        if not period.is_month and (name, period.month) in months and period.first_day <= until_day
    ]
    return [*asked, *sorted(days)]


def _days_covered(covered: Covered) -> set[tuple[str, date]]:
    """Return the days, by delivery, that loads of days and of months (registers) make complete together."""
    return {
        (name, day) for (name, period), through in covered.items() for day in period.dates() if day <= through
    }
