"""Checks of a file's columns when all its rows are read: new, missing and retyped ones."""

from __future__ import annotations

from psycopg import sql

from green_freight.contracts.model import Column, Contract
from green_freight.loading.outcomes import LoadWarning, UnreadableFileError
from green_freight.loading.raw_tables import table_name
from green_freight.loading.readers import Reading
from green_freight.loading.row_validation import RowValidator
from green_freight.warehouse import Session

# Fewer rows than this are faults of rows, not a verdict on a column.
ENOUGH_ROWS = 3


def column_warnings(
    connection: Session, contract: Contract, reading: Reading, validator: RowValidator, load_id: int
) -> list[LoadWarning]:
    """Return warnings for columns that are new or missing; asked when all rows are read.

    Raises UnreadableFileError where a column that the contract needs is missing, has another type, or is too many.
    """
    absent = [
        column for column in contract.columns if column.name in reading.absent() and not column.value_from
    ]
    needed = [column for column in absent if column.stops_when_absent]
    # Where rows bring their own keys, a few rows without a required one are rejected as rows.
    has_header = contract.container in ("csv", "workbook")
    if not has_header and validator.accepted + validator.rejected < ENOUGH_ROWS:
        needed = [column for column in needed if not column.required]
    if needed:
        words_zh = "、".join(f"{c.title_zh}（{c.source_names[0]}）" for c in needed)
        words_en = ", ".join(c.name for c in needed)
        raise UnreadableFileError("missing_column", words_zh, words_en, reading.sheet)
    for column in contract.columns:
        if _is_retyped(connection, contract, column, validator, load_id):
            kind = f"{column.logical_type} ({column.physical_type})"
            raise UnreadableFileError.of("retyped_column", "other_type", column=column.name, kind=kind)
    new = reading.new_columns()
    if new and contract.stops_at_new_column:
        raise UnreadableFileError("new_column", "、".join(new), ", ".join(new), reading.sheet)
    missing = [
        LoadWarning.of("missing_column", column=c.name, source_name=c.source_names[0], title_zh=c.title_zh)
        for c in absent
    ]
    return [*missing, *(LoadWarning.of("new_column", column=name) for name in new)]


def _is_retyped(
    connection: Session, contract: Contract, column: Column, validator: RowValidator, load_id: int
) -> bool:
    if validator.type_faults[column.name] < ENOUGH_ROWS or column.name in validator.readable:
        return False
    found = connection.execute(
        sql.SQL("select 1 from {} where _load_id = %s and _period = %s and {} is not null limit 1").format(
            table_name(contract), sql.Identifier(column.name)
        ),
        [load_id, validator.period.label],
    )
    return found.fetchone() is None
