"""The warehouse's memory of fetching: ops.fetch (every attempt) and ops.source_file (every file it has)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from typing import Any

import psycopg
from psycopg.rows import class_row

from green_freight.agencies.delivery import Agency, KnownFile
from green_freight.agencies.outcome import FetchOutcome, FileOutcome, Outcome
from green_freight.landing import Landed
from green_freight.periods import Period

Warehouse = psycopg.Connection[Any]

_KNOWN = """
select source_file_key, delivery_name as delivery, period_label as period, file_name, bytes, delivered_at,
    sha256, landing_url
from ops.source_file
where agency_code = %s
"""

# The file that counts for a delivery and period: the agency's highest version, then the latest.
_WINNER = """
select source_file_key
from ops.source_file
where agency_code = %s and delivery_name = %s and period_label = %s
order by version desc, delivered_at desc nulls last, last_received_at desc, source_file_key
limit 1
"""

_KEEP = """
insert into ops.source_file as kept (
    source_file_key, agency_code, delivery_name, period_label, file_name, sha256, bytes, landing_url, version,
    delivered_at, first_received_at, last_received_at, complete_through, first_run_id
)
values (
    %(key)s, %(agency)s, %(delivery)s, %(period)s, %(file_name)s, %(sha256)s, %(bytes)s, %(url)s, %(version)s,
    %(delivered_at)s, %(received_at)s, %(received_at)s, %(complete_through)s, %(run_id)s
)
on conflict (source_file_key) do update
set landing_url = excluded.landing_url, version = excluded.version, delivered_at = excluded.delivered_at,
    last_received_at = greatest(kept.last_received_at, excluded.last_received_at),
    complete_through = greatest(kept.complete_through, excluded.complete_through)
"""

_SEEN_AGAIN = """
update ops.source_file
set last_received_at = greatest(last_received_at, %s), complete_through = greatest(complete_through, %s)
where source_file_key = %s
"""

_NOTE = """
insert into ops.fetch (
    run_id, agency_code, delivery_name, period_label, outcome_code, file_name, bytes, sha256, seconds, attempts,
    error_code, error_message, started_at
)
values (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)
"""

# The last day through whose night the agency's corrections are known: that of the last earlier night in which it
# answered, else that of the first run that took anything.
_CHANGES_KNOWN = """
select coalesce(
    (
        select max(run.business_day) from ops.fetch as asked join ops.run using (run_id)
        where asked.agency_code = %(agency)s and run.kind_code = 'nightly' and run.business_day < %(day)s
            and asked.outcome_code in ('landed', 'unchanged')
            and asked.period_label = run.business_day::text
    ),
    (
        select min(run.business_day) from ops.source_file as file join ops.run on file.first_run_id = run.run_id
        where file.agency_code = %(agency)s
    )
)
"""

_LAST_ASKED = """
select asked.period_label, max(run.business_day)
from ops.fetch as asked join ops.run using (run_id)
where asked.agency_code = %s and asked.delivery_name = %s and asked.outcome_code in ('landed', 'unchanged')
    and asked.period_label between %s and %s
group by asked.period_label
"""

_LOADED = """
select delivery_name, period_label, dataset_id, max(complete_through)
from ops.load
where agency_code = %s and outcome_code in ('loaded', 'unchanged')
group by delivery_name, period_label, dataset_id
"""


@dataclass(frozen=True)
class Recorder:
    """Writes what became of questions; `run_id` and `business_day` are those of the run that asks."""

    warehouse: Warehouse
    run_id: str

    def record(self, outcome: FetchOutcome, complete_through: date) -> FetchOutcome:
        """Write the rows of one outcome in one transaction and return it with landed/unchanged decided.

        Unchanged is a file that counted for its period before and still does.
        """
        with self.warehouse.transaction():
            files = tuple(self._record(outcome, file, complete_through) for file in outcome.files)
        return replace(outcome, files=files)

    def _record(self, outcome: FetchOutcome, file: FileOutcome, complete_through: date) -> FileOutcome:
        if file.landed is not None:
            is_news = self._keep(file.landed, complete_through)
            file = replace(file, outcome=Outcome.LANDED if is_news else Outcome.UNCHANGED)
        elif file.known is not None:
            seen = [file.started_at, complete_through, file.known.source_file_key]
            self.warehouse.execute(_SEEN_AGAIN, seen)
        self._note(outcome, file)
        return file

    def _keep(self, landed: Landed, complete_through: date) -> bool:
        origin, key = landed.origin, landed.source_file_key
        place = [origin.agency, origin.delivery, origin.period]
        is_known = self.warehouse.execute(
            "select 1 from ops.source_file where source_file_key = %s", [key]
        ).fetchone()
        before = self.warehouse.execute(_WINNER, place).fetchone()
        facts = {
            "key": key,
            "agency": origin.agency,
            "delivery": origin.delivery,
            "period": origin.period,
            "file_name": origin.file_name,
            "sha256": landed.sha256,
            "bytes": landed.bytes,
            "url": landed.url,
            "version": origin.version,
            "delivered_at": origin.delivered_at,
            "received_at": origin.received_at,
            "complete_through": complete_through,
            "run_id": self.run_id,
        }
        self.warehouse.execute(_KEEP, facts)
        after = self.warehouse.execute(_WINNER, place).fetchone()
        return not is_known or before != after

    def _note(self, outcome: FetchOutcome, file: FileOutcome) -> None:
        known = file.known
        received_bytes = file.landed.bytes if file.landed else known.bytes if known else None
        sha256 = file.landed.sha256 if file.landed else known.sha256 if known else None
        error = file.error
        self.warehouse.execute(
            _NOTE,
            [
                self.run_id,
                outcome.agency,
                outcome.delivery,
                outcome.period.label,
                file.outcome.value,
                file.file_name,
                received_bytes,
                sha256,
                round(file.seconds, 3),
                file.attempts,
                error.failure.code if error else None,
                str(error) if error else None,
                file.started_at,
            ],
        )


def known_files(warehouse: Warehouse, agency: str) -> list[KnownFile]:
    """Return the files of an agency that the warehouse has."""
    with warehouse.cursor(row_factory=class_row(KnownFile)) as cursor:
        return cursor.execute(_KNOWN, [agency]).fetchall()


def changes_known_until(warehouse: Warehouse, agency: str, day: date) -> date | None:
    """Return the last business day before `day` up to which an agency's corrections have been asked for.

    None where nothing ever came from the agency.
    """
    row = warehouse.execute(_CHANGES_KNOWN, {"agency": agency, "day": day}).fetchone()
    return row[0] if row else None


def last_asked(
    warehouse: Warehouse, agency: str, delivery: str, first: Period, last: Period
) -> dict[Period, date]:
    """Return, by day of a delivery, the newest business day of the runs that were answered about it."""
    rows = warehouse.execute(_LAST_ASKED, [agency, delivery, first.label, last.label])
    return {Period(label): asked for label, asked in rows}


def covered_through(warehouse: Warehouse, agency: Agency) -> dict[tuple[str, Period], date]:
    """Return, by delivery and period, the day through which every dataset of the delivery was loaded."""
    loaded: dict[tuple[str, Period], dict[str, date]] = {}
    for delivery, label, dataset, through in warehouse.execute(_LOADED, [agency.code]):
        if through is not None:
            loaded.setdefault((delivery, Period(label)), {})[dataset] = through
    return {
        (delivery, period): min(days.values())
        for (delivery, period), days in loaded.items()
        if delivery in agency.deliveries and set(agency.deliveries[delivery].datasets) <= set(days)
    }
