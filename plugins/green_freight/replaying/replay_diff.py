"""Is what was rebuilt what was published? A hash of every column of every row, and the first rows that differ."""

from __future__ import annotations

import hashlib
import heapq
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby, islice, zip_longest
from operator import itemgetter
from typing import Any

from psycopg import sql

from green_freight.publishing.plan import VERSION_COLUMN, models
from green_freight.publishing.specs import Shape, read_shapes
from green_freight.warehouse import Session

Row = tuple[Any, ...]

SHOWN = 5
_FETCHED = 2_000


@dataclass(frozen=True)
class RowDifference:
    """A row that only one side has, or whose values differ: `values` by column as (published, rebuilt)."""

    key: str
    values: dict[str, tuple[str | None, str | None]]
    is_published: bool
    is_rebuilt: bool


@dataclass(frozen=True)
class TableComparison:
    """One table: rows and hash as published and as rebuilt, and the first rows that differ, in the key's order."""

    table: str
    rows_published: int
    rows_rebuilt: int
    hash_published: str
    hash_rebuilt: str
    differences: tuple[RowDifference, ...] = ()

    @property
    def is_equal(self) -> bool:
        """Tell whether the hashes are equal."""
        return self.hash_published == self.hash_rebuilt


@dataclass(frozen=True)
class _Side:
    """A table in one of the two databases; one that is not there has no shape."""

    session: Session
    schema: str
    table: str
    shape: Shape | None

    @property
    def columns(self) -> list[str]:
        return [name for name in (self.shape.columns if self.shape else ()) if name != VERSION_COLUMN]

    @property
    def relation(self) -> sql.Identifier:
        return sql.Identifier(self.schema, self.table)

    def is_filled(self, column: str) -> bool:
        query = sql.SQL("select exists (select from {} where {} is not null)")
        return self.session.execute(query.format(self.relation, sql.Identifier(column))).fetchone() == (True,)

    def hash(self, columns: Sequence[str]) -> tuple[int, str]:
        """Return the number of rows and a hash that does not depend on their order.

        Each row's text is hashed with two seeds and the hashes are added up: no sorting, no memory, and a row that is
        there twice counts twice.
        """
        if self.shape is None:
            return 0, ""
        query = sql.SQL(
            "select count(*), coalesce(sum(hashtextextended(t::text, 0)), 0),"
            " coalesce(sum(hashtextextended(t::text, 1)), 0) from (select {} from {}) as t"
        )
        row = self.session.execute(query.format(self._listed(columns), self.relation)).fetchone()
        assert row is not None
        return row[0], hashlib.sha256(f"{','.join(columns)} {row}".encode()).hexdigest()[:16]

    def rows(self, columns: Sequence[str], key: Sequence[str]) -> Iterator[Row]:
        """Yield the rows in the order of the key."""
        if self.shape is None:
            return
        # Sorted by bytes, as Python compares text, whatever the collations of the two databases.
        order = sql.SQL(", ").join(
            sql.SQL("coalesce({}::text, '') collate \"C\"").format(sql.Identifier(column))
            for column in key
            if column in self.columns
        )
        query = sql.SQL("select {} from {} as t order by {}")
        with self.session.cursor(name=f"rows_of_{self.table}"[:60]) as cursor:
            cursor.itersize = _FETCHED
            yield from cursor.execute(query.format(self._listed(columns), self.relation, order))

    def _listed(self, columns: Sequence[str]) -> sql.Composed:
        """Return the columns as text, a missing one as null."""
        present = set(self.columns)
        return sql.SQL(", ").join(
            sql.SQL("{}::text as {}").format(
                sql.Identifier(column) if column in present else sql.NULL, sql.Identifier(column)
            )
            for column in columns
        )


def compare(published: Session, rebuilt: Session) -> Iterator[TableComparison]:
    """Compare every table that either side has, in the order of their names.

    A column that only mart has was added later: nothing is said of it while it is empty in every row. `published` is
    the warehouse, pinned to the publication, `rebuilt` the scratch, as a role that reads `candidate`.
    """
    asof, candidate = read_shapes(published, "mart_asof"), read_shapes(rebuilt, "candidate")
    keys = read_shapes(published, "mart")
    for name in sorted(models(asof).keys() | candidate.keys()):
        left = _Side(published, "mart_asof", name, asof.get(name))
        right = _Side(rebuilt, "candidate", name, candidate.get(name))
        columns = _columns(left, right)
        (rows_left, hash_left), (rows_right, hash_right) = left.hash(columns), right.hash(columns)
        if right.shape is None and not rows_left:
            continue  # a table that was added later
        differences: tuple[RowDifference, ...] = ()
        if hash_left != hash_right:
            key = keys[name].primary_key if name in keys else ()
            differences = tuple(islice(_differences(left, right, columns, key or tuple(columns)), SHOWN))
        yield TableComparison(name, rows_left, rows_right, hash_left, hash_right, differences)


def _columns(left: _Side, right: _Side) -> list[str]:
    """Return the columns to compare: those of the rebuilt table, and what else is not empty in the published one."""
    later = [column for column in left.columns if column not in right.columns]
    if right.shape is not None:
        later = [column for column in later if left.is_filled(column)]
    return [*right.columns, *later]


def _differences(
    left: _Side, right: _Side, columns: Sequence[str], key: Sequence[str]
) -> Iterator[RowDifference]:
    """Yield the rows that differ: both sides read in the order of the key, side by side."""
    places = [columns.index(column) for column in key if column in columns]

    def keyed(side: _Side, number: int) -> Iterator[tuple[tuple[str, ...], int, Row]]:
        rows = side.rows(columns, key)
        return ((tuple(row[place] or "" for place in places), number, row) for row in rows)

    merged = heapq.merge(keyed(left, 0), keyed(right, 1), key=itemgetter(0))
    for values, group in groupby(merged, key=itemgetter(0)):
        sides: tuple[list[Row], list[Row]] = ([], [])
        for _, number, row in group:
            sides[number].append(row)
        for published, rebuilt in zip_longest(*sides):
            if published != rebuilt:
                yield _difference(key, values, columns, published, rebuilt)


def _difference(
    names: Sequence[str],
    key: Sequence[str],
    columns: Sequence[str],
    published: Row | None,
    rebuilt: Row | None,
) -> RowDifference:
    pairs = zip(columns, published or (None,) * len(columns), rebuilt or (None,) * len(columns), strict=True)
    values = {name: (one, other) for name, one, other in pairs if one != other and name not in names}
    key_text = ", ".join(f"{name}={value}" for name, value in zip(names, key, strict=True))
    return RowDifference(key_text, values, published is not None, rebuilt is not None)
