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

_KNOWN = """
select source_file_key, delivery_name as delivery, period_label as period, file_name, bytes, delivered_at,
    sha256, landing_url
from ops.source_file
where agency_code = %s
"""

_WINNER = "select source_file_key from ops.winning_file(%s, %s, %s)"

_STORE_FILE = """
insert into ops.source_file as stored (
    source_file_key, agency_code, delivery_name, period_label, file_name, sha256, bytes, landing_url, version,
    delivered_at, first_received_at, last_received_at, complete_through, first_run_id
)
values (
    %(key)s, %(agency)s, %(delivery)s, %(period)s, %(file_name)s, %(sha256)s, %(bytes)s, %(url)s, %(version)s,
    %(delivered_at)s, %(received_at)s, %(received_at)s, %(complete_through)s, %(run_id)s
)
on conflict (source_file_key) do update
set landing_url = excluded.landing_url, version = excluded.version, delivered_at = excluded.delivered_at,
    last_received_at = greatest(stored.last_received_at, excluded.last_received_at),
    complete_through = greatest(stored.complete_through, excluded.complete_through)
"""

_RECEIVED_AGAIN = """
update ops.source_file
set last_received_at = greatest(last_received_at, %s), complete_through = greatest(complete_through, %s)
where source_file_key = %s
"""

_STORE_FETCH = """
insert into ops.fetch (
    run_id, agency_code, delivery_name, period_label, outcome_code, file_name, bytes, sha256, seconds, attempts,
    error_code, error_message, started_at
)
values (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)
"""

# The last day through whose night the agency's corrections are known: that of the last earlier night in which it
# responded, else that of the first run that fetched a file.
_CORRECTIONS_KNOWN = """
select coalesce(
    (
        select max(run.business_day) from ops.fetch as fetched join ops.run using (run_id)
        where fetched.agency_code = %(agency)s and run.kind_code = 'nightly' and run.business_day < %(day)s
            and fetched.outcome_code in ('landed', 'unchanged')
            and fetched.period_label = run.business_day::text
    ),
    (
        select min(run.business_day) from ops.source_file as file join ops.run on file.first_run_id = run.run_id
        where file.agency_code = %(agency)s
    )
)
"""

_LAST_FETCHED = """
select fetched.period_label, max(run.business_day)
from ops.fetch as fetched join ops.run using (run_id)
where fetched.agency_code = %s and fetched.delivery_name = %s and fetched.outcome_code in ('landed', 'unchanged')
    and fetched.period_label between %s and %s
group by fetched.period_label
"""

_DUE = """
select distinct dataset.delivery_name, part.period_label, part.due_on
from ops.expected_part(%s) as part join ops.expected_dataset as dataset using (dataset_id)
where dataset.agency_code = %s
"""

_LOADED = """
select delivery_name, period_label, dataset_id, max(complete_through)
from ops.load
where agency_code = %s and outcome_code in ('loaded', 'unchanged')
group by delivery_name, period_label, dataset_id
"""


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
            self.session.execute(_RECEIVED_AGAIN, again)
        received, error = file.landed or file.known, file.error
        self.session.execute(
            _STORE_FETCH,
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
        self.session.execute(_STORE_FILE, facts)
        return not is_known or before != self.session.execute(_WINNER, place).fetchone()


def known_files(session: Session, agency: str) -> list[KnownFile]:
    """Return the files of an agency that the warehouse has."""
    with session.cursor(row_factory=class_row(KnownFile)) as cursor:
        return cursor.execute(_KNOWN, [agency]).fetchall()


def corrections_known_until(session: Session, agency: str, day: date) -> date | None:
    """Return the last business day before `day` up to which an agency's corrections have been requested.

    None where nothing ever came from the agency.
    """
    row = session.execute(_CORRECTIONS_KNOWN, {"agency": agency, "day": day}).fetchone()
    return row[0] if row else None


def last_fetched(
    session: Session, agency: str, delivery: str, first: Period, last: Period
) -> dict[Period, date]:
    """Return, by day of a delivery, the newest business day of the runs that fetched it."""
    rows = session.execute(_LAST_FETCHED, [agency, delivery, first.label, last.label])
    return {Period(label): fetched for label, fetched in rows}


def due_parts(session: Session, agency: str, day: date) -> list[DuePart]:
    """Return what the expected calendar has of an agency through a business day."""
    rows = session.execute(_DUE, [day, agency])
    return [DuePart(delivery, Period(label), due_on) for delivery, label, due_on in rows]


def covered_through(session: Session, agency: Agency) -> dict[tuple[str, Period], date]:
    """Return, by delivery and period, the day through which every dataset of the delivery was loaded."""
    loaded: dict[tuple[str, Period], dict[str, date]] = {}
    for delivery, label, dataset, through in session.execute(_LOADED, [agency.code]):
        if through is not None:
            loaded.setdefault((delivery, Period(label)), {})[dataset] = through
    return {
        (delivery, period): min(days.values())
        for (delivery, period), days in loaded.items()
        if delivery in agency.deliveries and set(agency.deliveries[delivery].datasets) <= set(days)
    }
