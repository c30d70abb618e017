"""What is due: the requests of a night, of a month of history, and those that make up for what was missed.

A night requests its business day, the forms of its month, and what the warehouse should have and has not: periods of
a bounded past without a complete load, files on a server that are new or changed (of whatever month), corrected days,
windows of a register that differ from the register as listed, and days whose figures may still change. Everything
depends on the business day alone, never on the clock, so that a night can be repeated.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from green_freight.agencies.agency import Agency, Delivery, SftpConnection
from green_freight.agencies.connection import Connection
from green_freight.agencies.connector import FetchRequest, KnownFile, ListedFile
from green_freight.agencies.discovery import discover
from green_freight.agencies.fetch_records import corrections_known_until, covered_through, known_files
from green_freight.agencies.refetch_schedule import refetch_requests
from green_freight.agencies.register_reconciliation import reconcile
from green_freight.agencies.registry import agency_named
from green_freight.contracts import Granularity
from green_freight.errors import FetchError
from green_freight.periods import Period
from green_freight.programme import programme
from green_freight.warehouse import Warehouse

# How far a night looks back for what is missing; older gaps are filled by a backfill.
DAYS_BACK = 62
MONTHS_BACK = 4
# Corrections are requested from this many days before the last night that got a response, and before this one, so that
# a discovery that failed in an otherwise successful night loses none.
CORRECTIONS_DAYS_BACK = 7


@dataclass(frozen=True)
class PlanInputs:
    """What the warehouse has, and what the agency tells without being asked for a period.

    `covered` gives the day through which a delivery's period is loaded; `known` and `listed` are files; `changed`
    are the days, by delivery, whose rows the agency corrected lately; `again` are periods that were loaded before
    and differ, or may differ, from what the agency would deliver now.
    """

    covered: Mapping[tuple[str, Period], date] = field(default_factory=dict)
    known: Sequence[KnownFile] = ()
    listed: Sequence[ListedFile] = ()
    changed: Mapping[str, Sequence[date]] = field(default_factory=dict)
    again: Sequence[tuple[str, Period]] = ()


@dataclass(frozen=True)
class NightlyPlan:
    """What a night requests, in order; `anomalies` give, by delivery, why a suspicious listing is not acted upon."""

    requests: Sequence[FetchRequest]
    anomalies: Sequence[tuple[str, FetchError]] = ()


def nightly_plan(
    warehouse: Warehouse, agency: str, day: date, connections: Mapping[str, Connection]
) -> NightlyPlan:
    """Return what the night of a business day requests from an agency.

    Where discovery fails, the plan is made without it: the requests themselves will record the failure.

    Raises:
        LookupError: an unknown agency.
        psycopg.Error: the warehouse cannot be read.
    """
    found = agency_named(agency)
    with warehouse.connect("loader", autocommit=True) as session:
        covered, known = covered_through(session, found), known_files(session, agency)
        since = _corrections_since(day, corrections_known_until(session, agency, day))
        discovery = discover(found, connections, since, Period.day(day).ends_at)
        differences = reconcile(session, found, discovery.registers, covered, day)
        refetched = refetch_requests(session, found, discovery.registers, day, DAYS_BACK)
    again = [*differences.requests, *refetched]
    inputs = PlanInputs(covered, known, discovery.listed, discovery.changed, again)
    return NightlyPlan(nightly_requests(found, day, inputs), differences.anomalies)


def due_in_month(agency: str, month: Period, until_day: date) -> list[FetchRequest]:
    """Return what a backfill requests from an agency for one month: forms and registers by month, events by day.

    Days after `until_day` and before the programme's first day are left out.

    Raises:
        LookupError: an unknown agency.
    """
    if month.first_day > until_day or month.last_day < programme().first_day:
        return []
    return [
        FetchRequest(delivery.name, period)
        for delivery in agency_named(agency).deliveries.values()
        for period in (month.days() if delivery.granularity is Granularity.DAY else [month])
        if period.first_day <= until_day
    ]


def not_loaded(
    warehouse: Warehouse, agency: str, requests: Iterable[FetchRequest], until_day: date
) -> list[FetchRequest]:
    """Return those requests whose data are not loaded yet, or not as far as they could be by `until_day`."""
    found = agency_named(agency)
    with warehouse.connect("loader") as session:
        return unloaded(found, requests, until_day, covered_through(session, found))


def all_of(
    warehouse: Warehouse, agency: str, requests: Iterable[FetchRequest], until_day: date
) -> list[FetchRequest]:
    """Return all requests, and the days by which nights have loaded the registers of the months among them.

    A record counts by its time of change, then by its window, and a day comes after its month: requested by month
    alone, what a night loaded would stay as it was.
    """
    found = agency_named(agency)
    requests = list(requests)
    months = {each for each in requests if _is_register(found, each.delivery) and each.period.is_month}
    with warehouse.connect("loader") as session:
        covered = covered_through(session, found)
    days = [
        FetchRequest(name, period)
        for name, period in covered
        if not period.is_month and (name, period.month) in months and period.first_day <= until_day
    ]
    return [*requests, *sorted(days)]


def unloaded(
    agency: Agency,
    requests: Iterable[FetchRequest],
    until_day: date,
    covered: Mapping[tuple[str, Period], date],
) -> list[FetchRequest]:
    """Return the requests of which some day through `until_day` is not covered.

    The days and months of a register cover it together, as in `ops.coverage`: what the nights have loaded day by
    day need not be requested again by month.
    """
    days = {name: _days_covered(name, covered) for name in agency.deliveries}
    return [
        FetchRequest(name, period)
        for name, period in requests
        if any(each.first_day <= until_day and each.first_day not in days[name] for each in _days(period))
    ]


def nightly_requests(agency: Agency, day: date, inputs: PlanInputs) -> list[FetchRequest]:
    """Return what a night requests, from what is known; the rule without reading anything."""
    requests = {
        FetchRequest(delivery.name, period)
        for delivery in agency.deliveries.values()
        for period in _regular(agency, delivery, day, inputs)
    }
    requests.update(_changed(agency, day, inputs))
    order = list(agency.deliveries)
    return sorted(requests, key=lambda each: (order.index(each.delivery), each.period))


def _regular(agency: Agency, delivery: Delivery, day: date, inputs: PlanInputs) -> list[Period]:
    if delivery.granularity is Granularity.MONTH:
        return _months_due(agency, delivery, day, inputs.covered)
    days = (Period.day(day - timedelta(days=back)) for back in range(DAYS_BACK))
    covered = _days_covered(delivery.name, inputs.covered)
    missing = [
        past for past in days if past.first_day >= programme().first_day and past.first_day not in covered
    ]
    return [*missing, Period.day(day)]


def _months_due(
    agency: Agency, delivery: Delivery, day: date, covered: Mapping[tuple[str, Period], date]
) -> list[Period]:
    current = Period.month_of(day)
    past = _months_before(current)
    if isinstance(agency.connections[delivery.connection_id], SftpConnection):
        gaps = [month for month in past if covered.get((delivery.name, month), date.min) < month.last_day]
        return [*gaps, current]
    # A service cannot tell that an older month was corrected, as a server does by its listing: all are requested.
    loaded = [period for name, period in covered if name == delivery.name and period < current]
    return [*loaded, *past, current]


def _changed(agency: Agency, day: date, inputs: PlanInputs) -> Iterable[FetchRequest]:
    """Return files that are new or changed on a server, corrected days, and what is to be fetched again."""
    known: dict[tuple[str, Period], list[KnownFile]] = {}
    for file in inputs.known:
        known.setdefault((file.delivery, Period(file.period)), []).append(file)
    # What lies before the oldest file ever fetched is not late: it is history that was never requested. A night that
    # fetched some of it would have the next one fetch more, back to the programme's first day.
    begins: dict[str, date] = {}
    for name, period in known:
        begins[name] = min(period.first_day, begins.get(name, period.first_day))
    found = [
        (file.delivery, file.period)
        for file in inputs.listed
        if file.period.first_day >= begins.get(file.delivery, date.max)
        and not any(file.is_known_as(each) for each in known.get((file.delivery, file.period), ()))
    ]
    found += [
        (name, Period.day(changed))
        for name, changed_days in inputs.changed.items()
        for changed in changed_days
        if changed >= begins.get(name, date.min)
    ]
    for name, period in [*found, *inputs.again]:
        if name in agency.deliveries and programme().first_day <= period.first_day <= day:
            yield FetchRequest(name, period)


def _days_covered(delivery: str, covered: Mapping[tuple[str, Period], date]) -> set[date]:
    """Return the days that loads of days and of months (registers) make complete together."""
    return {
        each.first_day
        for (name, period), through in covered.items()
        if name == delivery
        for each in _days(period)
        if each.first_day <= through
    }


def _is_register(agency: Agency, delivery: str) -> bool:
    return agency.delivery(delivery).granularity is Granularity.CHANGED_SINCE


def _corrections_since(day: date, known_until: date | None) -> datetime:
    newest = day if known_until is None else min(day, known_until)
    return Period.day(newest - timedelta(days=CORRECTIONS_DAYS_BACK - 1)).starts_at


def _days(period: Period) -> list[Period]:
    return list(period.days()) if period.is_month else [period]


def _months_before(current: Period) -> list[Period]:
    months: list[Period] = []
    for _ in range(MONTHS_BACK - 1):
        current = Period.month_of(current.first_day - timedelta(days=1))
        months.append(current)
    return [month for month in months if month.last_day >= programme().first_day]
