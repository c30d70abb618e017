"""The structure of published tables: new tables and partitions, and what existing ones lack of their models.

A new table or partition is filled first, then indexed and bound, in the publication's own transaction, where no
reader can see or wait for it. Adding a column to an existing table needs a lock that no reader may hold, so it happens
before the merge. A session idle in a transaction would make it wait, and every reader after it wait behind it: so each
try gives up after a fifth of a second and lets the readers through before the next. An index that an existing table
lacks is made before the merge too: that stops writers alone, and publishing is the only one.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, timedelta

from psycopg import sql
from psycopg.errors import LockNotAvailable

from green_freight.messages import message
from green_freight.publishing.errors import ReaderLockError
from green_freight.publishing.plan import (
    VERSION_COLUMN,
    VERSION_COMMENT,
    PlannedTable,
    compose,
    definitions,
    execute,
    months_condition,
    names,
)
from green_freight.publishing.specs import ForeignKey, Shape, read_indexes, read_shapes
from green_freight.warehouse import Session
from green_freight.warehouse.bootstrap import DETAIL, READER_LEVELS, role_name

_SCHEMAS = ("mart", "mart_history", "mart_asof")
_HISTORY_COMMENTS = {
    "known_from": "自此发布号起 / from this publication on",
    "known_to": "到此发布号止（不含） / until this publication, not included",
}
_MAX_NAME_BYTES = 63
# What the names of the indexes for readers end in.
_READ = "__read_idx"
_PAUSE_SECONDS = 0.8
_INDEXED_SCHEMAS = ("mart", "mart_history")

_BLOCKERS = """
select format('%%s %%s (pid %%s, %%s, %%s)', a.usename, a.application_name, a.pid, a.state, a.xact_start)
from pg_stat_activity as a
where a.pid <> pg_backend_pid() and exists (
    select from pg_locks as l
    where l.pid = a.pid and l.granted and l.relation::regclass::text = any(%s)
)
"""

_READER_GRANTS = """
select n.nspname, c.relname, has_table_privilege(%s, c.oid, 'select'), has_table_privilege(%s, c.oid, 'select')
from pg_class as c inner join pg_namespace as n on n.oid = c.relnamespace
where n.nspname = any(%s) and c.relname = any(%s) and c.relkind in ('r', 'p', 'v')
"""


def create_table(session: Session, table: PlannedTable, publication_no: int) -> int:
    """Create a table with history and view, filled unless it is partitioned by months; return the number of rows."""
    partitioning = compose(table, "partition by range ({month})") if table.partition_column else sql.SQL("")
    columns = definitions(table, table.columns)
    frame = "create table {mart} ({defined}, {version} bigint not null) {partitioning}"
    execute(session, table, frame, defined=columns, partitioning=partitioning)
    rows = 0 if table.partition_column else _fill(session, table, table.mart, None, publication_no)
    execute(session, table, "alter table {mart} add primary key ({key})")
    for key in table.foreign_keys:
        add_foreign_key(session, table, key)
    execute(
        session,
        table,
        "create table {history} ({defined}, known_from bigint not null, known_to bigint not null, "
        "primary key ({key}, known_from), check (known_from < known_to))",
        defined=columns,
    )
    execute(session, table, "create index on {history} (known_to)")
    for statement in _index_statements(table, {}):
        session.execute(statement)
    session.execute(_asof_view(table, [*table.columns, VERSION_COLUMN]))
    grant_to_readers(session, [table])
    return rows


def create_partition(session: Session, table: PlannedTable, month: date, publication_no: int) -> int:
    """Create one month's partition with its rows, and return their number.

    It is attached when it is full: attaching, unlike `create table ... partition of`, leaves readers alone.
    """
    partition = sql.Identifier("mart_partition", partition_name(table.name, month))
    following = date(month.year + month.month // 12, month.month % 12 + 1, 1)
    execute(session, table, "create table {partition} (like {mart})", partition=partition)
    rows = _fill(session, table, partition, month, publication_no)
    execute(
        session,
        table,
        "alter table {mart} attach partition {partition} for values from ({first}) to ({following})",
        partition=partition,
        first=sql.Literal(month),
        following=sql.Literal(following),
    )
    return rows


def partition_name(table: str, month: date) -> str:
    """Return the name of a month's partition in the schema mart_partition."""
    return f"{table}_y{month:%Ym%m}"


def add_foreign_key(session: Session, table: PlannedTable, key: ForeignKey) -> None:
    """Add a reference, which checks the rows that are there, and its index where the primary key is of no use.

    Without an index, each row removed from the referenced table would read this one from end to end.
    """
    columns = names(key.columns)
    if table.key[: len(key.columns)] != key.columns and not _is_indexed_for_readers(table, key):
        execute(session, table, "create index on {mart} ({referring})", referring=columns)
    execute(
        session,
        table,
        "alter table {mart} add constraint {name} foreign key ({referring}) references {other} ({referenced})",
        name=sql.Identifier(_constraint_name(table.name, key)),
        referring=columns,
        other=sql.Identifier("mart", key.references),
        referenced=names(key.referenced_columns),
    )


def extend(session: Session, tables: Sequence[PlannedTable], lock_timeout: timedelta) -> None:
    """Add the columns, indexes and comments that mart's existing tables lack, all or none of the columns, and remove
    the indexes for readers that the models no longer list.

    Raises ReaderLockError where a session held a lock on one of the tables for as long as `lock_timeout`.
    """
    existing = [table for table in tables if not table.is_new]
    indexes = {schema: read_indexes(session, schema) for schema in _INDEXED_SCHEMAS}
    changes = {
        table.name: [*_changes(session, table), *_unused_indexes(table, indexes)] for table in existing
    }
    if statements := [statement for changed in changes.values() for statement in changed]:
        changed = [name for name, listed in changes.items() if listed]
        _execute_between_readers(session, statements, changed, lock_timeout)
    for table in existing:
        for statement in _index_statements(table, indexes):
            session.execute(statement)
    describe(session, existing)
    grant_to_readers(session, existing)


def grant_to_readers(session: Session, tables: Iterable[PlannedTable]) -> None:
    """Let the level of readers that a table is for read it, its history and its view as-of, and no lower level.

    What is right already is left alone. A new table is everybody's by default privileges, so this belongs into the
    transaction that creates it.
    """
    levels = {table.name: table.reader_level for table in tables}
    roles = [role_name(level) for level in READER_LEVELS]
    reader, detail = map(sql.Identifier, roles)
    for schema, name, is_plain, is_detail in session.execute(
        _READER_GRANTS, [*roles, list(_SCHEMAS), list(levels)]
    ).fetchall():
        relation = sql.Identifier(schema, name)
        if levels[name] == DETAIL and (is_plain or not is_detail):
            session.execute(sql.SQL("revoke select on {} from {}").format(relation, reader))
            session.execute(sql.SQL("grant select on {} to {}").format(relation, detail))
        elif levels[name] != DETAIL and not is_plain:
            session.execute(sql.SQL("grant select on {} to {}").format(relation, reader))


def describe(session: Session, tables: Sequence[PlannedTable]) -> None:
    """Write the comments that are missing or differ, on mart, its history and its views as-of."""
    shapes = {schema: read_shapes(session, schema) for schema in _SCHEMAS}
    statements = [
        statement
        for table in tables
        for schema in _SCHEMAS
        if (shape := shapes[schema].get(table.name)) is not None
        for statement in _comments(table, schema, shape)
    ]
    if statements:
        session.execute(sql.SQL(";\n").join(statements))


def _fill(
    session: Session, table: PlannedTable, target: sql.Identifier, month: date | None, publication_no: int
) -> int:
    filled = execute(
        session,
        table,
        "insert into {target} ({columns}, {version}) select {columns}, {now} from {source} as s where {condition}",
        target=target,
        now=sql.Literal(publication_no),
        condition=months_condition(table, [month]),
    )
    return filled.rowcount


def _asof_view(table: PlannedTable, columns: Iterable[str]) -> sql.Composed:
    """Return the view of a table as of the chosen publication; columns are only ever added at its end.

    The condition stands outside the union: only members without one can be merged in the order of an index.
    """
    listed = list(columns)
    known = ["known_from" if column == VERSION_COLUMN else column for column in listed]
    return compose(
        table,
        "create or replace view {view} as select {listed} from ("
        "select {listed}, {never} as known_to from {mart} union all select {known}, known_to from {history}"
        ") as version where {version} <= {chosen} and known_to > {chosen}",
        listed=names(listed),
        known=names(known),
        never=sql.SQL("9223372036854775807"),
        chosen=sql.SQL("(select mart_asof.chosen_publication())"),
    )


def _constraint_name(table: str, key: ForeignKey) -> str:
    return _name(table, (column for column in key.columns if column != "city_code"), "__fkey")


def _name(table: str, columns: Iterable[str], suffix: str) -> str:
    name = f"{table}__{'__'.join(columns)}{suffix}"
    if len(name) <= _MAX_NAME_BYTES:
        return name
    digest = hashlib.sha256(name.encode()).hexdigest()[:10]
    return f"{name[: _MAX_NAME_BYTES - len(digest) - len(suffix) - 1]}_{digest}{suffix}"


def _is_indexed_for_readers(table: PlannedTable, key: ForeignKey) -> bool:
    """Whether an index for readers begins with the columns of a reference, but for the city's: it finds them too."""
    referring = {column for column in key.columns if column != "city_code"}
    return any(set(columns[: len(referring)]) == referring for columns in table.reader_indexes)


def _index_statements(
    table: PlannedTable, present: Mapping[str, Mapping[str, frozenset[str]]]
) -> Iterator[sql.Composed]:
    """Make the indexes for readers, on mart and its history, that are not among those present by schema and table."""
    for schema in _INDEXED_SCHEMAS:
        for columns in table.reader_indexes:
            name = _name(table.name, columns, _READ)
            if name not in present.get(schema, {}).get(table.name, ()):
                yield sql.SQL("create index {} on {} ({})").format(
                    sql.Identifier(name), sql.Identifier(schema, table.name), names(columns)
                )


def _unused_indexes(
    table: PlannedTable, present: Mapping[str, Mapping[str, frozenset[str]]]
) -> Iterator[sql.Composed]:
    wanted = {_name(table.name, columns, _READ) for columns in table.reader_indexes}
    for schema in _INDEXED_SCHEMAS:
        for name in sorted(present[schema].get(table.name, frozenset()) - wanted):
            if name.endswith(_READ):
                yield sql.SQL("drop index {}").format(sql.Identifier(schema, name))


def _comments(table: PlannedTable, schema: str, shape: Shape) -> Iterator[sql.Composed]:
    described = dict(table.descriptions or {}) | {VERSION_COLUMN: VERSION_COMMENT} | _HISTORY_COMMENTS
    if table.description and shape.comment != table.description:
        yield sql.SQL("comment on {} {} is {}").format(
            sql.SQL("view" if schema == "mart_asof" else "table"),
            sql.Identifier(schema, table.name),
            sql.Literal(table.description),
        )
    for column, comment in shape.column_comments.items():
        text = described.get(column)
        if text and text != comment:
            yield sql.SQL("comment on column {} is {}").format(
                sql.Identifier(schema, table.name, column), sql.Literal(text)
            )


def _changes(session: Session, table: PlannedTable) -> Iterator[sql.Composed]:
    for name in table.dropped_constraints:
        yield compose(table, "alter table {mart} drop constraint {name}", name=sql.Identifier(name))
    if not table.added_columns:
        return
    for column in table.added_columns:
        added = definitions(table, [column])
        yield compose(table, "alter table {mart} add column {added}", added=added)
        yield compose(table, "alter table {history} add column {added}", added=added)
    present = read_shapes(session, "mart")[table.name].columns
    yield _asof_view(table, [*present, *table.added_columns])


def _execute_between_readers(
    session: Session, statements: Sequence[sql.Composed], tables: Sequence[str], lock_timeout: timedelta
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
                raise _lock_error(session, tables) from None
        time.sleep(_PAUSE_SECONDS)


def _lock_error(session: Session, tables: Sequence[str]) -> ReaderLockError:
    relations = [f"{schema}.{name}" for name in tables for schema in _SCHEMAS]
    blockers = ", ".join(row[0] for row in session.execute(_BLOCKERS, [relations])) or "–"
    listed = ", ".join(f"mart.{name}" for name in tables)
    return ReaderLockError(message("readers_lock", tables=listed, blockers=blockers))
