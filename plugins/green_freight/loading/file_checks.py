"""What is checked when all rows of a file are in: new, missing and retyped columns, rows that repeat a key."""

from __future__ import annotations

from psycopg import sql

from green_freight.contracts.model import Column, Contract
from green_freight.loading.outcomes import LoadWarning, RowIssue, UnreadableFileError
from green_freight.loading.raw_tables import table_name
from green_freight.loading.readers import Reading
from green_freight.loading.row_validation import Rejected, RowValidator, as_json
from green_freight.periods import Period
from green_freight.programme import programme
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


def take_out_duplicates(
    connection: Session, contract: Contract, period: Period, load_id: int
) -> list[Rejected]:
    """Delete the rows just loaded whose key an earlier row has, and return them as rejected; the first one stays.

    The database finds them: it sorts without filling this process's memory.
    """
    table = table_name(contract)
    key = sql.SQL(", ").join(sql.Identifier(column.name) for column in contract.key)
    found = connection.execute(
        sql.SQL(
            "select place::text, number, first_number, to_jsonb(whole) from ("
            " select loaded.ctid as place, _row_number as number, loaded as whole,"
            " first_value(_row_number) over same_key as first_number, row_number() over same_key as occurrence"
            " from {table} as loaded where _period = %s and _city_code = %s and _load_id = %s"
            " window same_key as (partition by {key} order by _row_number, loaded.ctid)"
            ") as numbered where occurrence > 1 order by number"
        ).format(table=table, key=key),
        [period.label, programme().city_code, load_id],
    ).fetchall()
    if found:
        # By place, so that the rest of a large table is not read.
        connection.execute(
            sql.SQL("delete from {table} where ctid = any(%s::tid[])").format(table=table),
            [[place for place, _, _, _ in found]],
        )
    return [_rejected(contract, number, first, content) for _, number, first, content in found]


def _rejected(contract: Contract, number: int, first_number: int, content: dict[str, object]) -> Rejected:
    row = {name: content[name] for name in contract.names}
    value = ", ".join(str(row[column.name]) for column in contract.key)
    issue = RowIssue("duplicate_key", contract.key[0], value, {"first_row": first_number})
    return Rejected(number, issue, as_json(row))
