"""The record of fetches: ops.fetch (every request) and ops.source_file (every file of the warehouse)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date

from psycopg.rows import class_row

from green_freight.agencies.agency import Agency
from green_freight.agencies.connector import KnownFile
from green_freight.agencies.outcome import FetchOutcome, FileOutcome, Outcome
from green_freight.landing import Landed
from green_freight.periods import Period
from green_freight.warehouse import Session
from green_freight.warehouse.statements import statements

_SQL = statements(__file__)

_WINNER = "select source_file_key from ops.winning_file(%s, %s, %s)"


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

        Unchanged is a file that counted for its period before and still does.
        """
        with self.session.transaction():
            files = tuple(self._record(outcome, file) for file in outcome.files)
        return replace(outcome, files=files)

    def _record(self, outcome: FetchOutcome, file: FileOutcome) -> FileOutcome:
        if file.landed is not None:
            is_change = self._store_file(file.landed)
            file = replace(file, outcome=Outcome.LANDED if is_change else Outcome.UNCHANGED)
        elif file.known is not None:
            again = [file.started_at, outcome.complete_through, file.known.source_file_key]
            self.session.execute(_SQL["received_again"], again)
        received, error = file.landed or file.known, file.error
        self.session.execute(
            _SQL["store_fetch"],
            [
                self.run_id, outcome.agency, outcome.delivery, outcome.period.label, file.outcome.value,
                file.file_name, received.bytes if received else None, received.sha256 if received else None,
                round(file.seconds, 3), file.attempts, error.failure.code if error else None,
                str(error) if error else None, file.started_at,
            ],
        )  # fmt: skip
        return file

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


def known_files(session: Session, agency: str) -> list[KnownFile]:
    """Return the files of an agency that the warehouse has."""
    with session.cursor(row_factory=class_row(KnownFile)) as cursor:
        return cursor.execute(_SQL["known"], [agency]).fetchall()


def corrections_known_until(session: Session, agency: str, day: date) -> date | None:
    """Return the last business day before `day` up to which an agency's corrections have been requested.

    None where nothing ever came from the agency.
    """
    row = session.execute(_SQL["corrections_known"], {"agency": agency, "day": day}).fetchone()
    return row[0] if row else None


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
