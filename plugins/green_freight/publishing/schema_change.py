"""Bringing tables that readers use up to date with their models: new columns, comments, references given up.

Apart from the merge, because adding a column needs a lock that no reader may hold. A session idle in a
transaction would make it wait, and every reader after it wait behind it: so each try gives up after a fifth of
a second and lets the readers through before the next.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from datetime import timedelta

import psycopg
from psycopg import sql
from psycopg.errors import LockNotAvailable
from psycopg.rows import TupleRow

from green_freight.publishing.catalog import read_shapes
from green_freight.publishing.errors import ReaderLockError
from green_freight.publishing.plan import PlannedTable
from green_freight.publishing.statements import asof_view, column_definitions, comments, history, mart

_PAUSE_SECONDS = 0.8

_BLOCKERS = """
select format('%%s %%s (pid %%s, %%s, %%s)', a.usename, a.application_name, a.pid, a.state, a.xact_start)
from pg_stat_activity as a
where a.pid <> pg_backend_pid() and exists (
    select from pg_locks as l
    where l.pid = a.pid and l.granted and l.relation::regclass::text = any(%s)
)
"""


def extend(
    session: psycopg.Connection[TupleRow], tables: Sequence[PlannedTable], lock_timeout: timedelta
) -> None:
    """Add the columns and comments that mart's existing tables lack, all or none of the columns.

    Raises:
        ReaderLockError: a session held a lock on one of the tables for as long as `lock_timeout`.
    """
    existing = [table for table in tables if not table.is_new]
    statements = [statement for table in existing for statement in _structural(session, table)]
    if statements:
        names = [table.name for table in existing if table.added_columns or table.dropped_constraints]
        _insist(session, statements, names, lock_timeout)
    describe(session, existing)


def describe(session: psycopg.Connection[TupleRow], tables: Sequence[PlannedTable]) -> None:
    """Write the comments that are missing or differ, on mart, its history and its views as-of."""
    schemas = ("mart", "mart_history", "mart_asof")
    shapes = {schema: read_shapes(session, schema) for schema in schemas}
    statements = [
        statement
        for table in tables
        for statement in comments(table, {schema: shapes[schema].get(table.name) for schema in schemas})
    ]
    if statements:
        session.execute(sql.SQL(";\n").join(statements))


def _structural(session: psycopg.Connection[TupleRow], table: PlannedTable) -> Iterator[sql.Composed]:
    for name in table.dropped_constraints:
        yield sql.SQL("alter table {} drop constraint {}").format(mart(table.name), sql.Identifier(name))
    if not table.added_columns:
        return
    for relation in (mart(table.name), history(table.name)):
        for column in table.added_columns:
            yield sql.SQL("alter table {} add column {}").format(
                relation, column_definitions([(column, table.columns[column])])
            )
    there = read_shapes(session, "mart")[table.name].columns
    yield asof_view(table.name, [*there, *table.added_columns])


def _insist(
    session: psycopg.Connection[TupleRow],
    statements: Sequence[sql.Composed],
    names: Sequence[str],
    lock_timeout: timedelta,
) -> None:
    deadline = time.monotonic() + lock_timeout.total_seconds()
    while True:
        try:
            with session.transaction():
                session.execute("set local lock_timeout = '200ms'")
                for statement in statements:
                    session.execute(statement)
            return
        except LockNotAvailable:
            if time.monotonic() >= deadline:
                raise ReaderLockError(_explain(session, names)) from None
        time.sleep(_PAUSE_SECONDS)


def _explain(session: psycopg.Connection[TupleRow], names: Sequence[str]) -> str:
    relations = [f"{schema}.{name}" for name in names for schema in ("mart", "mart_history", "mart_asof")]
    blockers = ", ".join(row[0] for row in session.execute(_BLOCKERS, [relations])) or "–"
    tables = ", ".join(f"mart.{name}" for name in names)
    return (
        f"{tables} 的结构需要更改，但会话 {blockers} 一直占用锁，未发布任何内容；请结束该会话后重新发布。 / "
        f"The structure of {tables} has to change, but the session {blockers} keeps a lock, so nothing was published; "
        "end that session and publish again."
    )
