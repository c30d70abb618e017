"""What is due: the questions of a night, of a month of history, and those that heal what was missed.

A night asks for its business day, for the forms of its month, and for what the warehouse should have and has
not: periods of a bounded past without a complete load, files on a share that are new or changed (of whatever
month), days that the transport bureau corrected, windows of a register that differ from what the source lists, and
days that may still settle. Everything hangs on the business day alone, never on the clock, so that a night can be
repeated.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from green_freight.agencies.connection import Connection
from green_freight.agencies.delivery import Agency, Delivery, Granularity, Kind, KnownFile, ListedFile
from green_freight.agencies.discovery import look
from green_freight.agencies.fetch_records import changes_known_until, covered_through, known_files
from green_freight.agencies.refetch_schedule import refetch_requests
from green_freight.agencies.register_reconciliation import register_differences
from green_freight.agencies.registry import agency_named
from green_freight.errors import FetchError
from green_freight.periods import Period
from green_freight.programme import programme
from green_freight.warehouse import connect

DeliveryPeriod = tuple[str, Period]

# How far a night looks back for what is missing; older gaps are a backfill's work.
DAYS_BACK = 62
MONTHS_BACK = 4
# Corrections are asked for from this many days before the last night that was answered, and before this one: a look
# that failed in an otherwise good night loses none.
CHANGES_DAYS_BACK = 7


@dataclass(frozen=True)
class Situation:
    """What the warehouse has, and what the agency shows without being asked for a period.

    `covered` says through which day a delivery's period is loaded; `known` and `listed` are files; `changed`
    are the days, by delivery, whose rows the agency corrected lately; `again` are periods that were loaded before
    and differ, or may differ, from what the agency would answer now.
    """

    covered: Mapping[DeliveryPeriod, date] = field(default_factory=dict)
    known: Sequence[KnownFile] = ()
    listed: Sequence[ListedFile] = ()
    changed: Mapping[str, Sequence[date]] = field(default_factory=dict)
    again: Sequence[DeliveryPeriod] = ()


@dataclass(frozen=True)
class Due:
    """What a night asks for, in order, and by delivery why something that the agency showed is not acted upon."""

    questions: Sequence[DeliveryPeriod]
    anomalies: Sequence[tuple[str, FetchError]] = ()


def due_nightly(agency: str, day: date, connections: Mapping[str, Connection]) -> Due:
    """Return what the night of a business day asks an agency for.

    The agency is looked at (listings, corrected days, registers); when that fails the night goes on without: the
    questions themselves will record the failure.

    Raises:
        LookupError: an unknown agency.
        psycopg.Error: the warehouse cannot be read.
    """
    found = agency_named(agency)
    with connect("loader", autocommit=True) as warehouse:
        covered, known = covered_through(warehouse, found), known_files(warehouse, agency)
        since = _corrections_since(day, changes_known_until(warehouse, agency, day))
        shown = look(found, connections, since, Period.day(day).ends_at)
        news = register_differences(warehouse, found, shown.registers, covered, day)
        again = [*news.questions, *refetch_requests(warehouse, found, shown.registers, day, DAYS_BACK)]
    situation = Situation(covered, known, shown.listed, shown.changed, again)
    return Due(nightly_requests(found, day, situation), news.anomalies)


def due_in_month(agency: str, month: Period, until_day: date) -> list[DeliveryPeriod]:
    """Return what history asks an agency for in one month: forms and registers by month, events by day.

    Days after `until_day` and before the programme's first day are left out.

    Raises:
        LookupError: an unknown agency.
    """
    if month.first_day > until_day or month.last_day < programme().first_day:
        return []
    questions: list[DeliveryPeriod] = []
    for delivery in agency_named(agency).deliveries.values():
        by_day = delivery.granularity is Granularity.DAY
        questions += [(delivery.name, period) for period in (month.days() if by_day else [month])]
    return [question for question in questions if question[1].first_day <= until_day]


def not_loaded(agency: str, questions: Iterable[DeliveryPeriod], until_day: date) -> list[DeliveryPeriod]:
    """Return those questions whose answers are not loaded yet, or not as far as they could be by `until_day`."""
    found = agency_named(agency)
    with connect("loader") as warehouse:
        covered = covered_through(warehouse, found)
    return unloaded(found, questions, until_day, covered)


def all_of(agency: str, questions: Iterable[DeliveryPeriod], until_day: date) -> list[DeliveryPeriod]:
    """Return all questions, and the days by which nights have loaded the registers of the months among them.

    A record counts by its time of change, then by its window, and a day comes after its month: asked by month alone,
    what a night loaded would stay as it was.
    """
    found = agency_named(agency)
    asked = list(questions)
    registers = {d.name for d in found.deliveries.values() if d.granularity is Granularity.CHANGED_SINCE}
    months = {(name, period) for name, period in asked if name in registers and period.is_month}
    with connect("loader") as warehouse:
        covered = covered_through(warehouse, found)
    days = [
        (name, period)
        for name, period in covered
        if not period.is_month and (name, period.month) in months and period.first_day <= until_day
    ]
    return [*asked, *sorted(days)]


def unloaded(
    agency: Agency,
    questions: Iterable[DeliveryPeriod],
    until_day: date,
    covered: Mapping[DeliveryPeriod, date],
) -> list[DeliveryPeriod]:
    """Return the questions of which some day through `until_day` is not covered, from what is loaded through when.

    The days and months of a register cover it together, as in `ops.coverage`: what the nights have loaded day by
    day need not be asked for again by month.
    """
    situation = Situation(covered)
    days = {name: _days_covered(delivery, situation) for name, delivery in agency.deliveries.items()}
    return [
        (name, period)
        for name, period in questions
        if any(each.first_day <= until_day and each.first_day not in days[name] for each in _days(period))
    ]


def nightly_requests(agency: Agency, day: date, situation: Situation) -> list[DeliveryPeriod]:
    """Return what a night asks for, from what is known: the rule without the asking."""
    questions: dict[DeliveryPeriod, None] = {}
    for delivery in agency.deliveries.values():
        for period in _regular(delivery, day, situation):
            questions[delivery.name, period] = None
    for question in _news(agency, day, situation):
        questions[question] = None
    order = {name: place for place, name in enumerate(agency.deliveries)}
    return sorted(questions, key=lambda question: (order[question[0]], question[1]))


def _regular(delivery: Delivery, day: date, situation: Situation) -> list[Period]:
    if delivery.granularity is Granularity.MONTH:
        return _months_due(delivery, day, situation)
    today = Period.day(day)
    covered = _days_covered(delivery, situation)
    missing = [past for past in _days_back(day) if past.first_day not in covered]
    return sorted({*missing, today})


def _months_due(delivery: Delivery, day: date, situation: Situation) -> list[Period]:
    current = Period.month_of(day)
    past = [month for month in _months_back(day) if month != current]
    # A service cannot show that an older month was corrected; a share does, by its listing.
    if delivery.kind is not Kind.SFTP_FILE:
        taken = [period for name, period in situation.covered if name == delivery.name and period < current]
        return sorted({*taken, *past, current})
    gaps = [month for month in past if not _is_covered(delivery, month, situation)]
    return [*gaps, current]


def _is_covered(delivery: Delivery, period: Period, situation: Situation) -> bool:
    return situation.covered.get((delivery.name, period), date.min) >= period.last_day


def _days_covered(delivery: Delivery, situation: Situation) -> set[date]:
    """Return the days that loads of days and of months (registers) make complete together."""
    covered: set[date] = set()
    for (name, period), through in situation.covered.items():
        if name == delivery.name:
            covered |= {each.first_day for each in _days(period) if each.first_day <= through}
    return covered


def _news(agency: Agency, day: date, situation: Situation) -> list[DeliveryPeriod]:
    """Return the files that are new or changed on a share, corrected days, and what is to be asked again."""
    known: dict[DeliveryPeriod, list[KnownFile]] = {}
    for kept in situation.known:
        known.setdefault((kept.delivery, Period(kept.period)), []).append(kept)
    begins = _history_begins(situation)
    found = [
        (file.delivery, file.period)
        for file in situation.listed
        if file.period.first_day >= begins.get(file.delivery, date.max)
        and not any(file.is_known_as(kept) for kept in known.get((file.delivery, file.period), ()))
    ]
    found += [
        (name, Period.day(changed))
        for name, changed_days in situation.changed.items()
        for changed in changed_days
        if changed >= begins.get(name, date.min)
    ]
    found += situation.again
    return [
        (name, period)
        for name, period in found
        if name in agency.deliveries and programme().first_day <= period.first_day <= day
    ]


def _history_begins(situation: Situation) -> dict[str, date]:
    """Return, by delivery, the first day from which a file on a share or a corrected day is news.

    What lies before the oldest file that was ever taken is not late, it is history that nobody asked for: a night
    that took some of it would have the next one take more, back to the programme's first day.
    """
    begins: dict[str, date] = {}
    for kept in situation.known:
        first = Period(kept.period).first_day
        begins[kept.delivery] = min(first, begins.get(kept.delivery, first))
    return begins


def _corrections_since(day: date, known_until: date | None) -> datetime:
    newest = day if known_until is None else min(day, known_until)
    return Period.day(newest - timedelta(days=CHANGES_DAYS_BACK - 1)).starts_at


def _days(period: Period) -> list[Period]:
    return list(period.days()) if period.is_month else [period]


def _days_back(day: date) -> list[Period]:
    days = (day - timedelta(days=back) for back in reversed(range(DAYS_BACK)))
    return [Period.day(each) for each in days if each >= programme().first_day]


def _months_back(day: date) -> list[Period]:
    months = [Period.month_of(day)]
    while len(months) < MONTHS_BACK:
        months.insert(0, Period.month_of(months[0].first_day - timedelta(days=1)))
    return [month for month in months if month.last_day >= programme().first_day]
