"""SQL statements about one published table, whose names are filled in from the table's plan."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from typing import LiteralString

from psycopg import sql

from green_freight.publishing.plan import VERSION_COLUMN, PlannedTable


def compose(table: PlannedTable, statement: LiteralString, **parts: sql.Composable) -> sql.Composed:
    """Return a statement with the names of a table filled in.

    Args:
        table: fills `{mart}`, `{history}` and `{view}`, its relations; `{source}`, what its rows come from;
            `{columns}` and `{key}`, lists of names; `{month}`, its partition column; `{version}`.
        statement: the SQL with places in braces.
        parts: what fills the other places.
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
