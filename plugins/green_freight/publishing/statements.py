"""The SQL of a published table's three relations, put together from its plan."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator

from psycopg import sql

from green_freight.publishing.catalog import Shape
from green_freight.publishing.plan import VERSION_COLUMN, VERSION_COMMENT, PlannedTable
from green_freight.publishing.specs import ForeignKey

_HISTORY_COMMENTS = {
    "known_from": "自此发布号起 / from this publication on",
    "known_to": "到此发布号止（不含） / until this publication, not included",
}
_MAX_NAME_BYTES = 63


def names(columns: Iterable[str], prefix: str | None = None) -> sql.Composed:
    """Return columns as a list, each with the prefix `m.` where `m` is given."""
    return sql.SQL(", ").join(sql.Identifier(*([prefix] if prefix else []), column) for column in columns)


def same_key(key: Iterable[str], left: str, right: str) -> sql.Composed:
    """Return the condition that two aliases have the same key."""
    return sql.SQL(" and ").join(
        sql.SQL("{} = {}").format(sql.Identifier(left, column), sql.Identifier(right, column))
        for column in key
    )


def mart(table: str) -> sql.Identifier:
    """Return the table that holds the newest publication."""
    return sql.Identifier("mart", table)


def history(table: str) -> sql.Identifier:
    """Return the table that holds superseded rows."""
    return sql.Identifier("mart_history", table)


def column_definitions(columns: Iterable[tuple[str, str]]) -> sql.Composed:
    """Return `name type, ...`; the types are the database's own words for them (format_type)."""
    return sql.SQL(", ").join(
        sql.SQL("{} {}").format(sql.Identifier(name), sql.SQL(type_name)) for name, type_name in columns
    )


def asof_view(table: str, columns: Iterable[str]) -> sql.Composed:
    """Return the view of a table as of the chosen publication; columns are only ever added at its end."""
    listed = list(columns)
    chosen = sql.SQL("(select mart_asof.chosen_publication())")
    known_from = [sql.SQL("known_from") if c == VERSION_COLUMN else sql.Identifier(c) for c in listed]
    return sql.SQL(
        "create or replace view {view} as "
        "select {columns} from {mart} where publication_no <= {chosen} "
        "union all "
        "select {known} from {history} where known_from <= {chosen} and known_to > {chosen}"
    ).format(
        view=sql.Identifier("mart_asof", table),
        columns=names(listed),
        mart=mart(table),
        chosen=chosen,
        known=sql.SQL(", ").join(known_from),
        history=history(table),
    )


def add_foreign_key(table: str, key: ForeignKey) -> sql.Composed:
    """Return the statement that adds a reference and checks the rows that are there."""
    return sql.SQL("alter table {} add constraint {} foreign key ({}) references {} ({})").format(
        mart(table),
        sql.Identifier(_constraint_name(table, key)),
        names(key.columns),
        mart(key.references),
        names(key.referenced_columns),
    )


def reference_index(table: PlannedTable, key: ForeignKey) -> sql.Composed | None:
    """Return the index for a reference, None where the primary key begins with its columns.

    Without it, each row removed from the referenced table would read this one from end to end.
    """
    if table.key[: len(key.columns)] == key.columns:
        return None
    return sql.SQL("create index on {} ({})").format(mart(table.name), names(key.columns))


def comments(table: PlannedTable, present: dict[str, Shape | None]) -> Iterator[sql.Composed]:
    """Yield the comments to write; `present` maps each of the three schemas to what the relation looks like."""
    described = dict(table.descriptions or {}) | {VERSION_COLUMN: VERSION_COMMENT} | _HISTORY_COMMENTS
    for schema, shape in present.items():
        if shape is None:
            continue
        relation = sql.Identifier(schema, table.name)
        kind = sql.SQL("view" if schema == "mart_asof" else "table")
        if table.description and shape.comment != table.description:
            yield sql.SQL("comment on {} {} is {}").format(kind, relation, sql.Literal(table.description))
        for column, comment in shape.column_comments.items():
            text = described.get(column)
            if text and text != comment:
                yield sql.SQL("comment on column {} is {}").format(
                    sql.Identifier(schema, table.name, column), sql.Literal(text)
                )


def _constraint_name(table: str, key: ForeignKey) -> str:
    name = f"{table}__{'__'.join(column for column in key.columns if column != 'city_code')}__fkey"
    if len(name) <= _MAX_NAME_BYTES:
        return name
    return f"{name[:46]}_{hashlib.sha256(name.encode()).hexdigest()[:10]}__fkey"
