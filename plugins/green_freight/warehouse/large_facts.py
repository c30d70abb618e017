"""The large facts, which are built, audited and published by months: what a table holds of each month.

Two tables hold the same rows of a month where number of rows, sums of measures and hash are equal. The hash is a sum
over the rows, so that nothing is sorted and no row is joined.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from psycopg import sql

from green_freight.warehouse.connection import Session

# Where a row was read says nothing about what it states: a file that is sent again moves every row of it.
_LINEAGE = ("source_file_key", "source_sheet", "source_row_number")
# Without the floating ones, whose sum depends on the order of the rows.
_NUMBERS = ("numeric", "integer", "bigint", "smallint")


@dataclass(frozen=True)
class LargeFact:
    """A fact that is partitioned by months; `columns` maps each column to its type, in order."""

    name: str
    month_column: str
    columns: Mapping[str, str]
    key: tuple[str, ...] = ()

    @property
    def values(self) -> tuple[str, ...]:
        """Return the columns that state something: neither in the key nor the place that a row was read from."""
        return tuple(column for column in self.columns if column not in {*self.key, *_LINEAGE})

    @property
    def measures(self) -> tuple[str, ...]:
        """Return the values that are numbers."""
        return tuple(column for column in self.values if self.columns[column].partition("(")[0] in _NUMBERS)


@dataclass(frozen=True)
class MonthContent:
    """What a table holds of a month: rows, the sum of each measure in its own unit, a hash of every column."""

    rows: int = 0
    sums: Mapping[str, Decimal] = field(default_factory=dict)
    hash: Decimal = Decimal(0)


def columns_of(session: Session, schema: str, table: str) -> dict[str, str]:
    """Return the columns of a relation with their types, in order; none where there is no such relation."""
    rows = session.execute(
        "select attname, format_type(atttypid, atttypmod) from pg_attribute "
        "where attrelid = to_regclass(format('%%I.%%I', %s::text, %s::text)) and attnum > 0 and not attisdropped "
        "order by attnum",
        [schema, table],
    )
    return dict(rows.fetchall())


def listed(fact: LargeFact, present: Mapping[str, str]) -> sql.Composed:
    """Return the fact's columns as a list to select, null in the place of one that the relation does not have yet."""
    return sql.SQL(", ").join(
        sql.Identifier(column)
        if column in present
        else sql.SQL("null::{} as {}").format(sql.SQL(kind), sql.Identifier(column))
        for column, kind in fact.columns.items()
    )


def month_contents(session: Session, schema: str, fact: LargeFact) -> dict[date, MonthContent]:
    """Return by month what a schema's table holds of a fact; nothing where it is absent. Rows without a month are left
    to the checks of the key.
    """
    present = columns_of(session, schema, fact.name)
    if not present:
        return {}
    statement = sql.SQL(
        "select {month}, count(*), coalesce(sum(hash_record_extended(row({columns}), 0)), 0){sums} "
        "from (select {listed} from {relation}) as t where {month} is not null group by 1"
    ).format(
        month=sql.Identifier(fact.month_column),
        columns=sql.SQL(", ").join(map(sql.Identifier, fact.columns)),
        sums=sql.SQL("").join(
            sql.SQL(", coalesce(sum({}), 0)::numeric").format(sql.Identifier(name)) for name in fact.measures
        ),
        listed=listed(fact, present),
        relation=sql.Identifier(schema, fact.name),
    )
    return {
        month: MonthContent(rows, dict(zip(fact.measures, sums, strict=True)), content)
        for month, rows, content, *sums in session.execute(statement)
    }


def months_that_differ(one: Mapping[date, MonthContent], other: Mapping[date, MonthContent]) -> list[date]:
    """Return the months of which two tables hold different rows, in order."""
    return sorted(month for month in one.keys() | other.keys() if one.get(month) != other.get(month))
