"""Mutations of a built candidate: what follows from the tables' columns, and the catalogue of mutations.yml.

Of every published table a value of each column is changed, a value of each column that may be empty is emptied, and a
row is missing, added, repeated. They lie in different rows, so that one evaluation serves many of them: a mutation
counts as found where a failing row names its key and, where the row tells what differs, its column.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import cycle
from typing import Any

from green_freight.auditing.expectations import Suite
from psycopg import Connection, sql
from psycopg.rows import dict_row

from tests import published_models

Row = dict[str, Any]

_ROWS_READ = 400
_CHANGES = {
    "text": "coalesce({0} || '~', '~')",
    "boolean": "coalesce(not {0}, true)",
    "date": "coalesce({0} + 1, date '2023-02-03')",
    "timestamp with time zone": "coalesce({0} + interval '1 minute', timestamptz '2023-02-03 04:05+08')",
}
_NUMBER = "coalesce({0} + 1, 1)"


@dataclass(frozen=True)
class Mutation:
    """One change of one table: its statement, and the values by which a failing row is known to be about it.

    `column` is the column that a row with a `difference` has to name, None where any row with the key will do.
    """

    table: str
    family: str
    statement: sql.Composable
    key: tuple[str, ...]
    column: str | None = None

    def is_found_in(self, rows: Iterable[Mapping[str, Any]]) -> bool:
        """Tell whether one of the rows that break an expectation is about this mutation."""
        return any(self._is_about(row) for row in rows)

    def _is_about(self, row: Mapping[str, Any]) -> bool:
        values = {str(value) for value in row.values()}
        named = str(row.get("difference", ""))
        is_named = (
            self.column is None
            or "difference" not in row
            or named in ("missing", "not expected")
            or re.search(rf"(^|, ){self.column} ", named) is not None
        )
        return is_named and values.issuperset(self.key)

    def __str__(self) -> str:
        return f"{self.table}.{self.column or '*'}: {self.family} at {', '.join(self.key)}"


def derived(builder: Connection[Any], suite: Suite) -> tuple[list[Mutation], list[Mutation]]:
    """Return a table's derived mutations in two rounds, within each of which no two touch the same value or row."""
    rows = _rows(builder, suite)
    types = {column["name"]: column for column in published_models.models()[suite.table]["columns"]}
    others = [name for name in types if name not in suite.key]
    gone, *kept = rows
    places = cycle(kept)
    values = [_changed(suite, next(places), name, types[name]["data_type"]) for name in others]
    for name in others:
        filled = [row for row in kept if row[name] is not None]
        if filled and not types[name].get("constraints"):
            values.append(_emptied(suite, filled[-1], name))
    values.append(_missing(suite, gone))
    keyed = [
        _changed(suite, row, name, types[name]["data_type"])
        for row, name in zip(rows, suite.key, strict=False)
    ]
    copied = [_added(suite, rows[0], types[suite.key[-1]]["data_type"]), _repeated(suite, rows[-1])]
    return values, [*copied, *keyed]


def groups(suites: Sequence[Suite]) -> Iterator[list[Suite]]:
    """Yield the suites in groups within which no table is recomputed from another one of the group."""
    left = list(suites)
    while left:
        chosen: list[Suite] = []
        for suite in left:
            if not any(_reads(suite, other.table) or _reads(other, suite.table) for other in chosen):
                chosen.append(suite)
        left = [suite for suite in left if suite not in chosen]
        yield chosen


def _reads(suite: Suite, table: str) -> bool:
    pattern = re.compile(rf"(candidate\.|audited_){table}\b")
    return any(pattern.search(str(one.kwargs)) for one in suite.expectations if one.code.startswith("as_"))


def _rows(builder: Connection[Any], suite: Suite) -> list[Row]:
    """Return some rows of what is evaluated of a table, in an order that has nothing to do with their content."""
    key = sql.SQL(", ").join(map(sql.Identifier, suite.key))
    query = sql.SQL("select * from {} order by md5(concat_ws('|', {})) limit {}").format(
        sql.Identifier("intermediate", f"audited_{suite.table}"), key, _ROWS_READ
    )
    with builder.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(query).fetchall()


def _changed(suite: Suite, row: Row, column: str, data_type: str) -> Mutation:
    change = sql.SQL(_CHANGES.get(data_type, _NUMBER)).format(sql.Identifier(column))
    return _update(suite, "value changed", row, column, change)


def _emptied(suite: Suite, row: Row, column: str) -> Mutation:
    return _update(suite, "value emptied", row, column, sql.NULL)


def _update(suite: Suite, family: str, row: Row, column: str, value: sql.Composable) -> Mutation:
    statement = sql.SQL("update {} set {} = {} where {}").format(
        _relation(suite), sql.Identifier(column), value, _is(suite, row)
    )
    return Mutation(suite.table, family, statement, _key(suite, row), column)


def _missing(suite: Suite, row: Row) -> Mutation:
    statement = sql.SQL("delete from {} where {}").format(_relation(suite), _is(suite, row))
    return Mutation(suite.table, "row missing", statement, _key(suite, row))


def _added(suite: Suite, row: Row, data_type: str) -> Mutation:
    """Add a row like another one with a key that nothing else has."""
    column = suite.key[-1]
    value = {"text": f"{row[column]}~", "date": "2079-01-01"}.get(data_type, 2079)
    other = {**row, column: value}
    names = [name for name in row if name != column]
    statement = sql.SQL("insert into {} ({}, {}) select {}, {} from {} where {}").format(
        _relation(suite),
        sql.Identifier(column),
        sql.SQL(", ").join(map(sql.Identifier, names)),
        sql.SQL("cast({} as {})").format(sql.Literal(value), sql.SQL(data_type)),
        sql.SQL(", ").join(map(sql.Identifier, names)),
        _relation(suite),
        _is(suite, row),
    )
    return Mutation(suite.table, "row added", statement, _key(suite, other))


def _repeated(suite: Suite, row: Row) -> Mutation:
    statement = sql.SQL("insert into {0} select * from {0} where {1}").format(
        _relation(suite), _is(suite, row)
    )
    return Mutation(suite.table, "row repeated", statement, _key(suite, row))


def _relation(suite: Suite) -> sql.Identifier:
    return sql.Identifier("candidate", suite.table)


def _is(suite: Suite, row: Row) -> sql.Composable:
    return sql.SQL(" and ").join(
        sql.SQL("{} = {}").format(sql.Identifier(name), sql.Literal(row[name])) for name in suite.key
    )


def _key(suite: Suite, row: Row) -> tuple[str, ...]:
    return tuple(str(row[name]) for name in suite.key)
