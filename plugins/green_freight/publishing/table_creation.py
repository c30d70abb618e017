"""Tables and partitions that are not there yet: filled first, then indexed and bound, all in the publication's
own transaction, where no reader can see or wait for them."""

from __future__ import annotations

from datetime import date

import psycopg
from psycopg import sql
from psycopg.rows import TupleRow

from green_freight.publishing.plan import VERSION_COLUMN, PlannedTable
from green_freight.publishing.statements import (
    add_foreign_key,
    asof_view,
    column_definitions,
    history,
    mart,
    names,
    reference_index,
)


def create_table(session: psycopg.Connection[TupleRow], table: PlannedTable, publication_no: int) -> int:
    """Create a table with its history and view, filled from the candidate unless it is partitioned.

    Returns the number of rows; a partitioned table gets them month by month (`create_partition`).
    """
    partitioning: sql.Composable = sql.SQL("")
    if table.partition_column:
        partitioning = sql.SQL("partition by range ({})").format(sql.Identifier(table.partition_column))
    session.execute(
        sql.SQL("create table {} ({}, {} bigint not null) {}").format(
            mart(table.name),
            column_definitions(table.columns.items()),
            sql.Identifier(VERSION_COLUMN),
            partitioning,
        )
    )
    rows = 0
    if not table.partition_column:
        rows = _fill(session, table, mart(table.name), sql.SQL("true"), publication_no)
    _bind(session, table)
    _create_history(session, table)
    return rows


def create_partition(
    session: psycopg.Connection[TupleRow], table: PlannedTable, month: date, publication_no: int
) -> int:
    """Create one month's partition with its rows, and return their number.

    It is attached when it is full: attaching, unlike `create table ... partition of`, leaves readers alone.
    """
    assert table.partition_column
    partition = sql.Identifier("mart_partition", partition_name(table.name, month))
    following = date(month.year + month.month // 12, month.month % 12 + 1, 1)
    session.execute(sql.SQL("create table {} (like {})").format(partition, mart(table.name)))
    is_in_month = sql.SQL("{} = {}").format(sql.Identifier(table.partition_column), sql.Literal(month))
    rows = _fill(session, table, partition, is_in_month, publication_no)
    session.execute(
        sql.SQL("alter table {} attach partition {} for values from ({}) to ({})").format(
            mart(table.name), partition, sql.Literal(month), sql.Literal(following)
        )
    )
    return rows


def partition_name(table: str, month: date) -> str:
    """Return the name of a month's partition in the schema mart_partition."""
    return f"{table}_y{month:%Ym%m}"


def _fill(
    session: psycopg.Connection[TupleRow],
    table: PlannedTable,
    target: sql.Identifier,
    condition: sql.Composable,
    publication_no: int,
) -> int:
    statement = sql.SQL("insert into {} ({}, {}) select {}, {} from {} as s where {}").format(
        target,
        names(table.columns),
        sql.Identifier(VERSION_COLUMN),
        names(table.columns),
        sql.Literal(publication_no),
        table.source,
        condition,
    )
    return session.execute(statement).rowcount


def _bind(session: psycopg.Connection[TupleRow], table: PlannedTable) -> None:
    session.execute(sql.SQL("alter table {} add primary key ({})").format(mart(table.name), names(table.key)))
    for key in table.foreign_keys:
        index = reference_index(table, key)
        if index:
            session.execute(index)
        session.execute(add_foreign_key(table.name, key))


def _create_history(session: psycopg.Connection[TupleRow], table: PlannedTable) -> None:
    session.execute(
        sql.SQL(
            "create table {} ({}, known_from bigint not null, known_to bigint not null, "
            "primary key ({}, known_from), check (known_from < known_to))"
        ).format(history(table.name), column_definitions(table.columns.items()), names(table.key))
    )
    session.execute(sql.SQL("create index on {} (known_to)").format(history(table.name)))
    session.execute(asof_view(table.name, [*table.columns, VERSION_COLUMN]))
