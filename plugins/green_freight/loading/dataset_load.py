"""One dataset and period: its rows replaced by those of the winning file, in one transaction or not at all.

When all rows of a file are in, its columns are checked (new, missing and retyped ones), rows that repeat a key, and how
many rows were rejected, repeated ones among them.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from itertools import chain
from typing import BinaryIO

import psycopg
from psycopg import sql

from green_freight import business_days
from green_freight.contracts.model import Contract
from green_freight.landing import ChangedFileError, LandingStore
from green_freight.loading import records
from green_freight.loading.column_checks import column_warnings
from green_freight.loading.column_validation import NULL, copy_text
from green_freight.loading.completeness import Counts, anomalies_in
from green_freight.loading.duplicates import take_out_duplicates
from green_freight.loading.messages import Place, stop_message
from green_freight.loading.outcomes import LoadOutcome, LoadWarning, SourceRow, UnreadableFileError
from green_freight.loading.raw_tables import SYSTEM_COLUMNS, prepare_table, table_name
from green_freight.loading.readers import Source, batches, open_reading
from green_freight.loading.row_validation import Accepted, Rejected, RowValidator
from green_freight.periods import Period
from green_freight.programme import programme
from green_freight.warehouse import Session, raw_gate

log = logging.getLogger(__name__)

# Rejected rows wait in memory for the end of a COPY, so many at most.
REJECTED_IN_MEMORY = 5_000


@dataclass(frozen=True)
class Task:
    """What one transaction does; `is_repeated`: a recorded load again, which other loads say nothing about."""

    contract: Contract
    period: Period
    run_id: str
    store: LandingStore
    is_repeated: bool = False


def load_dataset(connection: Session, task: Task) -> LoadOutcome | None:
    """Load one dataset and period; None when no file has landed for it.

    A file that cannot be loaded as a whole gives an outcome `stopped`; rows that were there stay.
    """
    started_at = datetime.now(UTC)
    try:
        prepare_table(connection, task.contract)
        with connection.transaction():
            return _replace_rows(connection, task, started_at)
    except UnreadableFileError as error:
        stop = error
    except (psycopg.DataError, psycopg.errors.ProgramLimitExceeded) as error:
        stop = UnreadableFileError("refused_by_database", " ".join(str(error).split()))
    except psycopg.OperationalError:
        # The database, not the file: every other load would meet it too, and it may pass.
        raise
    except Exception as error:
        # What no reader foresaw in one file must not keep the agency's other files out, tonight and every night after.
        log.exception("%s %s", task.contract.id, task.period)
        stop = UnreadableFileError("unexpected", " ".join(f"{type(error).__name__}: {error}".split()))
    return _record_stop(connection, task, stop, started_at)


def _replace_rows(connection: Session, task: Task, started_at: datetime) -> LoadOutcome | None:
    contract, period = task.contract, task.period
    raw_gate.pass_through(connection)
    # A load that waited here then sees what the other has loaded and which file wins now.
    connection.execute(
        "select pg_advisory_xact_lock(hashtextextended(%s, 0))",
        [f"{programme().city_code} {contract.id} {period}"],
    )
    file = records.winning_file(connection, contract.agency, contract.delivery, period)
    if file is None:
        return None
    current = records.current_load(connection, contract, period)
    load_id = records.next_load_id(connection)
    known = current and (current.source_file_key, current.contract_version)
    if current and known == (file.source_file_key, contract.version):
        outcome = LoadOutcome(
            load_id, contract.id, period.label, "unchanged", file.source_file_key, current.rows_in_file,
            current.rows_loaded, current.rows_rejected,
            complete_through=None if current.complete_through is None else file.complete_through,
        )  # fmt: skip
    else:
        outcome = _Replacement(connection, task, file, load_id, current).run()
    if file.overtaken is not None:
        later = LoadWarning.of("later_file_does_not_count", file=file.overtaken)
        outcome = replace(outcome, warnings=(*outcome.warnings, later))
    records.write_load(connection, contract, task.run_id, outcome, started_at)
    return outcome


class _Replacement:
    """The work inside the transaction: old rows out, new rows in, rejected rows recorded."""

    def __init__(
        self,
        connection: Session,
        task: Task,
        file: records.SourceFile,
        load_id: int,
        before: records.CurrentLoad | None,
    ) -> None:
        self._connection, self._task, self._file, self._load_id = connection, task, file, load_id
        self._before = before
        contract = task.contract
        self._place = Place(contract, task.period.label, file.file_name)
        names = [*contract.names, *(name for name, _, _ in SYSTEM_COLUMNS)]
        self._copy = sql.SQL("copy {} ({}) from stdin").format(
            table_name(contract), sql.SQL(", ").join(map(sql.Identifier, names))
        )

    def run(self) -> LoadOutcome:
        contract, period = self._task.contract, self._task.period
        rows_replaced, months = self._delete_old()
        validator = RowValidator(contract, period, business_days.now())
        reading = open_reading(Source(contract, period, self._file.file_name, self._open))
        self._place = replace(self._place, sheet=reading.sheet)
        first_rejected: list[Rejected] = []
        for rejected_rows in self._write_stretches(batches(reading), validator):
            records.write_rejected(self._connection, self._place, self._load_id, rejected_rows)
            first_rejected += rejected_rows[: REJECTED_IN_MEMORY - len(first_rejected)]
        warnings = column_warnings(self._connection, contract, reading, validator, self._load_id)
        duplicates = take_out_duplicates(self._connection, contract, period, self._load_id)
        records.write_rejected(self._connection, self._place, self._load_id, duplicates)
        rejected = validator.rejected + len(duplicates)
        rows_in_file = validator.accepted + validator.rejected
        # An older version beside the newer one is no fault of the file.
        superseded = sum(one.issue.reason_code == "superseded" for one in duplicates)
        counts = Counts(rows_in_file - superseded, rejected - superseded, len(duplicates) - superseded)
        try:
            anomalies = anomalies_in(
                self._connection,
                contract,
                period,
                counts,
                self._before,
                reading.sheet,
                self._task.is_repeated,
            )
        except UnreadableFileError as stop:
            first_rejected += duplicates[: REJECTED_IN_MEMORY - len(first_rejected)]
            stop.rows_in_file, stop.rows_rejected, stop.rejected = rows_in_file, rejected, first_rejected
            raise
        return LoadOutcome(
            load_id=self._load_id,
            dataset_id=contract.id,
            period_label=period.label,
            outcome_code="loaded",
            source_file_key=self._file.source_file_key,
            rows_in_file=rows_in_file,
            rows_loaded=rows_in_file - rejected,
            rows_rejected=rejected,
            rows_replaced=rows_replaced,
            affected_months=tuple(sorted(months | validator.affected_months())),
            complete_through=None if anomalies else self._file.complete_through,
            warnings=(*anomalies, *warnings, *reading.warnings(), *validator.warnings()),
        )

    def _open(self) -> BinaryIO:
        store = self._task.store
        try:
            return store.open_verified(self._file.landing_url, self._file.sha256)
        except ChangedFileError as changed:
            place = store.location(self._file.landing_url)
            raise UnreadableFileError.of(
                "landing_changed", "landing_changed", place=place, changed=changed
            ) from changed
        except OSError as error:
            raise UnreadableFileError("landing_unreadable", f"{type(error).__name__}: {error}") from error

    def _delete_old(self) -> tuple[int, set[date]]:
        contract = self._task.contract
        month: sql.Composable = sql.SQL("null::date")
        if contract.event_date_column:
            event = sql.Identifier(contract.event_date_column)
            kind = contract.column(contract.event_date_column).logical_type
            form = "to_date({}, 'YYYY-MM')" if kind == "string" else "date_trunc('month', {})::date"
            month = sql.SQL(form).format(event)
        found = self._connection.execute(
            sql.SQL(
                "with gone as (delete from {} where _period = %s and _city_code = %s returning {} as month) "
                "select count(*), array_agg(distinct month) filter (where month is not null) from gone"
            ).format(table_name(contract), month),
            [self._task.period.label, programme().city_code],
        ).fetchone()
        assert found is not None
        return int(found[0]), set(found[1] or ())

    def _write_stretches(
        self, rows: Iterator[list[SourceRow]], validator: RowValidator
    ) -> Iterator[list[Rejected]]:
        # A connection carries nothing else during COPY: it ends whenever enough rejected rows wait for theirs.
        file = self._file
        before = (programme().city_code, self._task.period.label, file.source_file_key, self._place.sheet)
        after = (file.first_received_at.isoformat(), str(self._load_id))
        words = [NULL if word is None else copy_text(word) for word in (*before, *after)]
        begin, end = "\t".join(words[: len(before)]), "\t".join(words[len(before) :])
        first = next(rows, None)
        while first is not None:
            rejected: list[Rejected] = []
            with self._connection.cursor() as cursor, cursor.copy(self._copy) as copy:
                for batch in chain([first], rows):
                    found = validator.validate_batch(batch)
                    lines = zip(found.lines, found.numbers, strict=True)
                    copy.write("".join([f"{line}\t{begin}\t{number}\t{end}\n" for line, number in lines]))
                    for each in found.others:
                        if isinstance(each, Accepted):
                            copy.write_row((*each.row, *before, each.number, *after))
                        else:
                            rejected.append(each)
                    if len(rejected) >= REJECTED_IN_MEMORY:
                        break
            yield rejected
            first = next(rows, None)


def _record_stop(
    connection: Session, task: Task, stop: UnreadableFileError, started_at: datetime
) -> LoadOutcome:
    contract = task.contract
    with connection.transaction():
        raw_gate.pass_through(connection)
        file = records.winning_file(connection, contract.agency, contract.delivery, task.period)
        place = Place(contract, task.period.label, file.file_name if file else contract.delivery, stop.sheet)
        outcome = LoadOutcome(
            records.next_load_id(connection), contract.id, task.period.label, "stopped",
            file.source_file_key if file else None, stop.rows_in_file, rows_rejected=stop.rows_rejected,
            error_message=stop_message(place, stop),
        )  # fmt: skip
        records.write_rejected(connection, place, outcome.load_id, stop.rejected)
        records.write_load(connection, contract, task.run_id, outcome, started_at)
    return outcome
