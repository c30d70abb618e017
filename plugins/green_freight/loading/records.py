"""What the loader reads and writes in `ops`: the winning file of a period, loads, rejected rows."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime

from psycopg.rows import class_row

from green_freight import json_text
from green_freight.contracts.model import Contract
from green_freight.loading.messages import Place, row_message
from green_freight.loading.outcomes import LoadOutcome
from green_freight.loading.row_validation import Rejected
from green_freight.periods import Period
from green_freight.warehouse import Session, scalar
from green_freight.warehouse.texts import storable


@dataclass(frozen=True)
class SourceFile:
    """A landed file as `ops.source_file` knows it.

    `overtaken` is the name of a file of the same period that arrived later and does not count, or None.
    """

    source_file_key: str
    file_name: str
    landing_url: str
    sha256: str
    first_received_at: datetime
    complete_through: date | None
    overtaken: str | None


@dataclass(frozen=True)
class CurrentLoad:
    """The newest load of a dataset and period that replaced its rows; a part of them without `complete_through`."""

    source_file_key: str
    contract_version: str
    rows_in_file: int
    rows_loaded: int
    rows_rejected: int
    complete_through: date | None


def winning_file(connection: Session, agency: str, delivery: str, period: Period) -> SourceFile | None:
    """Return the file that counts for a delivery and period by `ops.winning_file`, None if none landed."""
    with connection.cursor(row_factory=class_row(SourceFile)) as cursor:
        cursor.execute(
            "select source_file_key, file_name, landing_url, sha256, first_received_at, complete_through, ("
            " select later.file_name from ops.source_file as later where (later.agency_code, later.delivery_name,"
            " later.period_label) = (winner.agency_code, winner.delivery_name, winner.period_label)"
            " and later.first_received_at > winner.last_received_at order by later.first_received_at desc limit 1"
            ") as overtaken from ops.winning_file(%s, %s, %s) as winner",
            [agency, delivery, period.label],
        )
        return cursor.fetchone()


def current_load(connection: Session, contract: Contract, period: Period) -> CurrentLoad | None:
    """Return what stands in the raw table for a dataset and period."""
    with connection.cursor(row_factory=class_row(CurrentLoad)) as cursor:
        cursor.execute(
            "select source_file_key, contract_version, rows_in_file, rows_loaded, rows_rejected, complete_through "
            "from ops.load where dataset_id = %s and period_label = %s and outcome_code = 'loaded' "
            "order by load_id desc limit 1",
            [contract.id, period.label],
        )
        return cursor.fetchone()


def next_load_id(connection: Session) -> int:
    """Return the number of a load that begins."""
    return int(scalar(connection, "select nextval(pg_get_serial_sequence('ops.load', 'load_id'))"))


def write_load(
    connection: Session, contract: Contract, run_id: str, outcome: LoadOutcome, started_at: datetime
) -> None:
    """Write one row of `ops.load`."""
    connection.execute(
        "insert into ops.load (load_id, run_id, agency_code, dataset_id, delivery_name, period_label, "
        "source_file_key, outcome_code, rows_in_file, rows_loaded, rows_rejected, rows_replaced, affected_months, "
        "complete_through, warnings, error_message, contract_version, started_at, finished_at) values "
        "(%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s::date[], %s, %s::jsonb, %s, %s, %s, clock_timestamp())",
        [
            outcome.load_id, run_id, contract.agency, contract.id, contract.delivery, outcome.period_label,
            outcome.source_file_key, outcome.outcome_code, outcome.rows_in_file, outcome.rows_loaded,
            outcome.rows_rejected, outcome.rows_replaced, list(outcome.affected_months), outcome.complete_through,
            json_text.written([each.as_json() for each in outcome.warnings]),
            None if outcome.error_message is None else storable(outcome.error_message),
            contract.version, started_at,
        ],
    )  # fmt: skip


def write_rejected(connection: Session, place: Place, load_id: int, rejected: Collection[Rejected]) -> None:
    """Write rejected rows with their messages into `ops.rejected_row`; without any nothing is sent."""
    if not rejected:
        return
    with (
        connection.cursor() as cursor,
        cursor.copy(
            "copy ops.rejected_row (load_id, agency_code, dataset_id, period_label, file_name, sheet, row_number, "
            "column_name, reason_code, message_zh, message_en, row_content) from stdin"
        ) as copy,
    ):
        for each in rejected:
            issue = each.issue
            message_zh, message_en = row_message(place, each.number, issue)
            copy.write_row(
                (
                    load_id, place.contract.agency, place.contract.id, place.period_label, storable(place.file_name),
                    None if place.sheet is None else storable(place.sheet),
                    each.number, issue.column.name if issue.column else None, issue.reason_code,
                    storable(message_zh), storable(message_en), each.content,
                )
            )  # fmt: skip
