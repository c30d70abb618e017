"""Copying what the warehouse holds into a scratch database: raw, the record of runs, and what is published.

One read-only snapshot of the source, taken while the raw gate is closed, so that no load is half in it; loads go on
while the rows are copied. Rows are piped from connection to connection as the server sends them, so that memory
stays small whatever the size.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from graphlib import TopologicalSorter

from psycopg import IsolationLevel, sql

from green_freight.warehouse import raw_gate
from green_freight.warehouse.connection import Session, Warehouse
from green_freight.warehouse.statements import statements

# The schemas that are copied and the role that owns each in the target.
_OWNERS = {"raw": "loader", "ops": "owner", "mart": "publisher"}
# Whose turn it is in the source says nothing about the target.
_NOT_COPIED = {("ops", "candidate_lease")}

_SQL = statements(__file__)


@dataclass(frozen=True)
class CopyProgress:
    """A table that has been copied: which of how many, and its rows."""

    done: int
    total: int
    table: str
    rows: int


@dataclass(frozen=True)
class _Table:
    schema: str
    name: str
    columns: tuple[tuple[str, str], ...]

    @property
    def identifier(self) -> sql.Identifier:
        return sql.Identifier(self.schema, self.name)

    @property
    def names(self) -> sql.Composed:
        return sql.SQL(", ").join(sql.Identifier(name) for name, _ in self.columns)


def copy_state(
    warehouse: Warehouse, scratch: Warehouse, on_progress: Callable[[CopyProgress], object] = lambda _: None
) -> dict[str, int]:
    """Copy raw, the record of runs and the published tables into an empty scratch; return the rows by table.

    Tables that the scratch's frame does not have are made there without keys. `reference`, `candidate` and the schemas
    of views are left out: the first build in the scratch is a full one. `on_progress` is called after each table.
    """
    with warehouse.connect("owner") as source:
        _take_snapshot(source, warehouse.url("owner"))
        tables = _tables(source)
        rows: dict[str, int] = {}
        for table in _referenced_first(source, tables):
            with scratch.connect(_OWNERS[table.schema]) as target:
                _create_where_missing(target, table)
                rows[f"{table.schema}.{table.name}"] = count = _copy_rows(source, target, table)
                target.execute(sql.SQL("analyze {}").format(table.identifier))
            on_progress(CopyProgress(len(rows), len(tables), f"{table.schema}.{table.name}", count))
        with scratch.connect("owner") as target:
            _set_sequences(source, target)
    return rows


def _take_snapshot(source: Session, owner_url: str) -> None:
    source.isolation_level = IsolationLevel.REPEATABLE_READ
    source.read_only = True
    with raw_gate.closed(owner_url, "state copy"):
        # The first query takes the snapshot.
        source.execute("select 1")


def _tables(source: Session) -> list[_Table]:
    found = source.execute(_SQL["tables"], [list(_OWNERS)]).fetchall()
    return [
        _Table(schema, name, tuple((column, kind) for column, kind in columns))
        for schema, name, columns in found
        if (schema, name) not in _NOT_COPIED
    ]


def _referenced_first(source: Session, tables: Iterable[_Table]) -> list[_Table]:
    by_name = {f"{table.schema}.{table.name}": table for table in tables}
    parents: dict[str, set[str]] = {name: set() for name in by_name}
    for child, parent in source.execute(_SQL["references"], [list(_OWNERS)]):
        parents[child].add(parent)
    return [by_name[name] for name in TopologicalSorter(parents).static_order()]


def _create_where_missing(target: Session, table: _Table) -> None:
    columns = sql.SQL(", ").join(
        sql.SQL("{} {}").format(sql.Identifier(name), sql.SQL(kind)) for name, kind in table.columns
    )
    target.execute(sql.SQL("create table if not exists {} ({})").format(table.identifier, columns))
    if table.schema == "raw" and {"_period", "_city_code"} <= {name for name, _ in table.columns}:
        # A load finds the rows of its period by it.
        target.execute(sql.SQL("create index on {} (_period, _city_code)").format(table.identifier))


def _copy_rows(source: Session, target: Session, table: _Table) -> int:
    reading = sql.SQL("copy (select {} from {}) to stdout (format binary)").format(
        table.names, table.identifier
    )
    writing = sql.SQL("copy {} ({}) from stdin (format binary)").format(table.identifier, table.names)
    with source.cursor() as reader, target.cursor() as writer:
        with reader.copy(reading) as blocks, writer.copy(writing) as written:
            for block in blocks:
                written.write(block)
        return writer.rowcount


def _set_sequences(source: Session, target: Session) -> None:
    """Let the target's serial numbers go on after the source's."""
    numbers = source.execute(
        "select schemaname, sequencename, last_value from pg_sequences "
        "where schemaname = 'ops' and last_value is not null"
    ).fetchall()
    for schema, name, last in numbers:
        target.execute("select setval(to_regclass(%s), %s)", [f'"{schema}"."{name}"', last])
