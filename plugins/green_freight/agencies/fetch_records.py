"""The outcomes of a fetch, and their record: ops.fetch (every request) and ops.source_file (every file)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime
from enum import StrEnum

from psycopg.rows import class_row

from green_freight.agencies.agency import Agency
from green_freight.agencies.connector import KnownFile, UnplacedFile
from green_freight.errors import AgencyUnavailableError, DeliveryError
from green_freight.landing import Landed
from green_freight.messages import message
from green_freight.periods import Period
from green_freight.warehouse import Session, scalar
from green_freight.warehouse.statements import statements
from green_freight.warehouse.texts import storable

_SQL = statements(__file__)

_WINNER = "select source_file_key from ops.winning_file(%s, %s, %s)"


class Outcome(StrEnum):
    """The outcome codes of ops.fetch; the outcome of several files is the first in this order."""

    FAILED_PERMANENT = "failed_permanent"
    FAILED_TRANSIENT = "failed_transient"
    LANDED = "landed"
    UNCHANGED = "unchanged"
    NOT_DELIVERED = "not_delivered"
    NOT_DUE = "not_due"


_ORDER = list(Outcome)


@dataclass(frozen=True)
class FileOutcome:
    """The outcome of one file, or of the request where no file came: one row of ops.fetch.

    `landed` is set where bytes came, `known` where the warehouse had exactly this file already.
    """

    outcome: Outcome
    started_at: datetime
    seconds: float
    attempts: int
    file_name: str | None = None
    landed: Landed | None = None
    known: KnownFile | None = None
    error: DeliveryError | None = None


@dataclass(frozen=True)
class FetchOutcome:
    """The outcome of one delivery and period, file by file; `complete_through` is the last day that it covers."""

    agency: str
    delivery: str
    period: Period
    complete_through: date
    files: tuple[FileOutcome, ...]

    @property
    def outcome(self) -> Outcome:
        """Return the outcome of all files: a failure where one file failed, else landed where one was new."""
        return min((file.outcome for file in self.files), key=_ORDER.index)

    @property
    def outcome_code(self) -> str:
        """Return the outcome as ops.fetch has it."""
        return self.outcome.value

    @property
    def error(self) -> DeliveryError | None:
        """Return the error of the file that failed worst, or None."""
        worst = min(self.files, key=lambda file: _ORDER.index(file.outcome))
        return worst.error

    @property
    def has_files(self) -> bool:
        """Tell whether there is something to load: some file landed now or before."""
        return any(file.landed or file.known for file in self.files)


@dataclass(frozen=True)
class AgencyFetchReport:
    """The outcomes of all requests to one agency, in the order of the requests."""

    agency: str
    outcomes: tuple[FetchOutcome, ...] = ()

    @property
    def counts(self) -> dict[str, int]:
        """Return how many deliveries had each outcome; outcomes that did not occur are left out."""
        return dict(Counter(each.outcome_code for each in self.outcomes))

    @property
    def failures(self) -> tuple[DeliveryError, ...]:
        """Return the errors of the deliveries that failed."""
        return tuple(each.error for each in self.outcomes if each.error is not None)

    def raise_for_failures(self) -> None:
        """Raise one error for all failures, after everything else was fetched.

        AgencyUnavailableError says that some of it may succeed later, BrokenDeliveryError that all is permanent.
        """
        if not self.failures:
            return
        passing = (error for error in self.failures if isinstance(error, AgencyUnavailableError))
        error: DeliveryError = next(passing, self.failures[0])
        others = len(self.failures) - 1
        if others:
            error.add_note(message("more_failed_deliveries", count=others))
        raise error


@dataclass(frozen=True)
class DuePart:
    """A part of the expected calendar: a day or a form of a delivery, and the day on which it is due."""

    delivery: str
    period: Period
    due_on: date


@dataclass(frozen=True)
class FetchRecorder:
    """Writes the outcomes of one run's fetches."""

    session: Session
    run_id: str

    def record(self, outcome: FetchOutcome) -> FetchOutcome:
        """Write the rows of one outcome in one transaction and return it with landed or unchanged decided.

        Unchanged is a file that counted for its period before and still does. The file that decides the outcome comes
        last, so that the newest row of a delivery and period says what became of it.
        """
        with self.session.transaction():
            files = tuple(self._stored(outcome, file) for file in outcome.files)
            for file in sorted(files, key=lambda one: _ORDER.index(one.outcome), reverse=True):
                self._record(outcome, file)
        return replace(outcome, files=files)

    def _stored(self, outcome: FetchOutcome, file: FileOutcome) -> FileOutcome:
        if file.landed is not None:
            is_change = self._store_file(file.landed)
            return replace(file, outcome=Outcome.LANDED if is_change else Outcome.UNCHANGED)
        if file.known is not None:
            again = [file.started_at, outcome.complete_through, file.known.source_file_key]
            self.session.execute(_SQL["received_again"], again)
        return file

    def _record(self, outcome: FetchOutcome, file: FileOutcome) -> None:
        received, error = file.landed or file.known, file.error
        name = storable(file.file_name) if file.file_name else None
        self.session.execute(
            _SQL["store_fetch"],
            [
                self.run_id, outcome.agency, outcome.delivery, outcome.period.label, file.outcome.value,
                name, received.bytes if received else None, received.sha256 if received else None,
                round(file.seconds, 3), file.attempts, error.failure.code if error else None,
                storable(str(error)) if error else None, file.started_at,
            ],
        )  # fmt: skip

    def _store_file(self, landed: Landed) -> bool:
        """Write the file and return whether the period's data change by it: it is new, or another file counts now."""
        origin, key = landed.origin, landed.source_file_key
        place = [origin.agency, origin.delivery, origin.period]
        before = self.session.execute(_WINNER, place).fetchone()
        is_known = self.session.execute(
            "select from ops.source_file where source_file_key = %s", [key]
        ).rowcount
        facts = vars(origin) | {
            "key": key, "sha256": landed.sha256, "bytes": landed.bytes, "url": landed.url, "run_id": self.run_id
        }  # fmt: skip
        self.session.execute(_SQL["store_file"], facts)
        return not is_known or before != self.session.execute(_WINNER, place).fetchone()


def store_unplaced(session: Session, run_id: str, agency: str, files: Iterable[UnplacedFile]) -> None:
    """Record the files on an agency's server that a run did not take, once a run."""
    for file in files:
        path, seen = storable(file.path), [file.bytes, file.changed_at, file.example]
        session.execute(_SQL["store_unplaced"], [run_id, agency, file.connection_id, path, *seen])


def known_files(session: Session, agency: str) -> list[KnownFile]:
    """Return the files of an agency that the warehouse has."""
    with session.cursor(row_factory=class_row(KnownFile)) as cursor:
        return cursor.execute(_SQL["known"], [agency]).fetchall()


def corrections_known_until(session: Session, agency: str, day: date) -> date | None:
    """Return the day before `day` through which an agency's corrections were requested, None before its first file."""
    known: date | None = scalar(session, _SQL["corrections_known"], {"agency": agency, "day": day})
    return known


def last_fetched(
    session: Session, agency: str, delivery: str, first: Period, last: Period
) -> dict[Period, date]:
    """Return, by day of a delivery, the newest business day of the runs that fetched it."""
    rows = session.execute(_SQL["last_fetched"], [agency, delivery, first.label, last.label])
    return {Period(label): fetched for label, fetched in rows}


def due_parts(session: Session, agency: str, day: date) -> list[DuePart]:
    """Return what the expected calendar has of an agency through a business day."""
    rows = session.execute(_SQL["due"], [day, agency])
    return [DuePart(delivery, Period(label), due_on) for delivery, label, due_on in rows]


def covered_through(session: Session, agency: Agency) -> dict[tuple[str, Period], date]:
    """Return, by delivery and period, the day through which every dataset of the delivery was loaded."""
    loaded: dict[tuple[str, Period], dict[str, date]] = {}
    for delivery, label, dataset, through in session.execute(_SQL["loaded"], [agency.code]):
        if through is not None:
            loaded.setdefault((delivery, Period(label)), {})[dataset] = through
    return {
        (delivery, period): min(days.values())
        for (delivery, period), days in loaded.items()
        if delivery in agency.deliveries and set(agency.deliveries[delivery].datasets) <= set(days)
    }
