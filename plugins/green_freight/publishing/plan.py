"""What a publication will do to the tables of mart, what it must not do because readers would break, and its SQL."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import LiteralString

from psycopg import Cursor, sql
from psycopg.rows import TupleRow

from green_freight.messages import message
from green_freight.publishing.errors import BreakingChangeError, InvalidCandidateError
from green_freight.publishing.specs import ForeignKey, Shape, TableSpec
from green_freight.warehouse import Session

# Written by publishing itself into every table: the publication that wrote the row's version.
VERSION_COLUMN = "publication_no"
VERSION_COMMENT = "写入此行的发布号 / publication that wrote the row"

# Kept in mart beside the star; not models.
RECORDS = (
    "current_publication",
    "publication",
    "publication_table_change",
    "publication_file",
    "figure_revision",
    "validation_result",
)


@dataclass(frozen=True)
class PlannedTable:
    """One table to publish: `columns` with types in the candidate's order, `source` what its rows come from."""

    name: str
    columns: Mapping[str, str]
    key: tuple[str, ...]
    source: sql.Composable
    partition_column: str | None = None
    foreign_keys: tuple[ForeignKey, ...] = ()
    descriptions: Mapping[str, str] | None = None
    description: str = ""
    reader_level: str = "reader"
    reader_indexes: tuple[tuple[str, ...], ...] = ()
    is_new: bool = False
    added_columns: tuple[str, ...] = ()
    added_foreign_keys: tuple[ForeignKey, ...] = ()
    dropped_constraints: tuple[str, ...] = ()

    @property
    def mart(self) -> sql.Identifier:
        """Return the table that holds the newest publication."""
        return sql.Identifier("mart", self.name)

    @property
    def values(self) -> tuple[str, ...]:
        """Return the columns that are not in the key."""
        return tuple(column for column in self.columns if column not in self.key)


def plan(
    specs: Sequence[TableSpec], candidate: Mapping[str, Shape], published: Mapping[str, Shape]
) -> list[PlannedTable]:
    """Return the tables to publish in the order of `specs`.

    Raises InvalidCandidateError where tables or columns of candidate and specs differ, BreakingChangeError where one
    would vanish or change under its readers; the message lists every one.
    """
    missing = [problem for spec in specs for problem in _candidate_problems(spec, candidate.get(spec.name))]
    if missing:
        raise InvalidCandidateError("\n".join(missing))
    present = models(published)
    lost = sorted(present.keys() - {spec.name for spec in specs})
    breaking = [message("table_lost", table=name) for name in lost]
    for spec in specs:
        if spec.name in present:
            breaking += _lost_columns(spec, candidate[spec.name], present[spec.name])
    if breaking:
        raise BreakingChangeError("\n".join([*breaking, message("breaking_change")]))
    return [_planned(spec, candidate[spec.name], present.get(spec.name)) for spec in specs]


def models(shapes: Mapping[str, Shape]) -> dict[str, Shape]:
    """Return the relations that show published models, without the records of publications."""
    return {n: shape for n, shape in shapes.items() if VERSION_COLUMN in shape.columns and n not in RECORDS}


def _planned(spec: TableSpec, candidate: Shape, published: Shape | None) -> PlannedTable:
    known = published.foreign_keys if published else {}
    return PlannedTable(
        name=spec.name,
        columns=candidate.columns,
        key=spec.primary_key,
        source=sql.Identifier("candidate", spec.name),
        partition_column=spec.partition_month_column,
        foreign_keys=spec.foreign_keys,
        descriptions=spec.columns,
        description=spec.description,
        reader_level=spec.reader_level,
        reader_indexes=spec.reader_indexes,
        is_new=published is None,
        added_columns=tuple(c for c in candidate.columns if published and c not in published.columns),
        added_foreign_keys=tuple(k for k in spec.foreign_keys if published and k not in known),
        dropped_constraints=tuple(name for key, name in known.items() if key not in spec.foreign_keys),
    )


def _candidate_problems(spec: TableSpec, candidate: Shape | None) -> Iterable[str]:
    if candidate is None:
        name = f"candidate.{spec.name}"
        yield message("table_missing", table=name)
        return
    for column in spec.columns.keys() - candidate.columns.keys():
        yield message("described_column_missing", table=spec.name, column=column)
    for column in candidate.columns.keys() - spec.columns.keys():
        yield message("column_not_described", table=spec.name, column=column)
    if VERSION_COLUMN in candidate.columns:
        yield message("column_reserved", column=VERSION_COLUMN, table=spec.name)


def _lost_columns(spec: TableSpec, candidate: Shape, published: Shape) -> Iterable[str]:
    added = [column for column in candidate.columns if column not in published.columns]
    for column, type_name in published.columns.items():
        if column == VERSION_COLUMN:
            continue
        now = candidate.columns.get(column)
        if now is None:
            alike = [name for name in added if candidate.columns[name] == type_name]
            hint_zh = f"，可能已改名为 {alike[0]}" if len(alike) == 1 else ""
            hint_en = f"; it may have been renamed to {alike[0]}" if len(alike) == 1 else ""
            yield message("column_lost", table=spec.name, column=column, hint_zh=hint_zh, hint_en=hint_en)
        elif now != type_name:
            yield message("column_type_changed", table=spec.name, column=column, then=type_name, now=now)
    if published.primary_key != spec.primary_key:
        old, new = ", ".join(published.primary_key), ", ".join(spec.primary_key)
        yield message("primary_key_changed", table=spec.name, old=old, new=new)
    if (then := published.partition_column) != (now := spec.partition_month_column):
        columns = {"then_zh": then or "无", "now_zh": now or "无"}
        columns |= {"then_en": then or "none", "now_en": now or "none"}
        yield message("partition_column_changed", table=spec.name, **columns)


def compose(table: PlannedTable, statement: LiteralString, **parts: sql.Composable) -> sql.Composed:
    """Return a statement with the names of a table filled in, and `parts` in the other places.

    The table fills `{mart}`, `{history}` and `{view}`, its relations; `{source}`, what its rows come from; `{columns}`
    and `{key}`, lists of names; `{month}`, its partition column; `{version}`.
    """
    return sql.SQL(statement).format(
        mart=table.mart,
        history=sql.Identifier("mart_history", table.name),
        view=sql.Identifier("mart_asof", table.name),
        source=table.source,
        columns=names(table.columns),
        key=names(table.key),
        month=sql.Identifier(table.partition_column) if table.partition_column else sql.SQL("null::date"),
        version=sql.Identifier(VERSION_COLUMN),
        **parts,
    )


def execute(
    session: Session, table: PlannedTable, statement: LiteralString, **parts: sql.Composable
) -> Cursor[TupleRow]:
    """Execute a statement of `compose` and return its cursor."""
    return session.execute(compose(table, statement, **parts))


def names(columns: Iterable[str], alias: str | None = None) -> sql.Composed:
    """Return columns as a list, each with its table's alias where that is given."""
    return sql.SQL(", ").join(sql.Identifier(*([alias] if alias else []), column) for column in columns)


def definitions(table: PlannedTable, columns: Iterable[str]) -> sql.Composed:
    """Return `name type, ...` of some columns; the types are the database's own words for them (format_type)."""
    return sql.SQL(", ").join(
        sql.SQL("{} {}").format(sql.Identifier(name), sql.SQL(table.columns[name])) for name in columns
    )


def same_key(key: Iterable[str], left: str, right: str) -> sql.Composed:
    """Return the condition that two aliases have the same key."""
    return sql.SQL(" and ").join(
        sql.SQL("{} = {}").format(sql.Identifier(left, column), sql.Identifier(right, column))
        for column in key
    )


def months_condition(
    table: PlannedTable, months: Sequence[date | None], alias: str | None = None
) -> sql.Composable:
    """Return the condition that a row lies in the months, as constants so that other partitions are left out."""
    if table.partition_column is None:
        return sql.SQL("true")
    listed = sql.SQL(", ").join(sql.Literal(month) for month in months)
    return sql.SQL("{} in ({})").format(names([table.partition_column], alias), listed)
