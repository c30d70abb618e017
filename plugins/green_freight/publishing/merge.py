"""Which rows differ between the candidate and mart, found once before anything is changed, and written into mart; what
they supersede goes into its history. Rows only: readers never wait.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from typing import LiteralString

from psycopg import errors, sql

from green_freight.messages import message
from green_freight.publishing.errors import InvalidCandidateError
from green_freight.publishing.plan import (
    VERSION_COLUMN,
    PlannedTable,
    compose,
    execute,
    months_condition,
    names,
    same_key,
)
from green_freight.publishing.structure import add_foreign_key, create_partition, create_table, partition_name
from green_freight.warehouse import Session

Counts = Mapping[date | None, int]

# What the database refused, in Chinese and English.
_REFUSALS: Mapping[type[errors.IntegrityError], tuple[str, str]] = {
    errors.ForeignKeyViolation: ("外键不成立", "a reference leads nowhere"),
    errors.UniqueViolation: ("主键有重复", "the primary key has duplicates"),
    errors.NotNullViolation: ("主键有空值", "the primary key has nulls"),
    errors.CheckViolation: ("某行违反 mart 的约束", "a check of mart refuses a row"),
}


@dataclass(frozen=True)
class Scope:
    """The part of a table that a publication compares; an unpartitioned table is all one month, None."""

    candidate_counts: Counts
    compared: Sequence[date | None]
    new_months: Sequence[date]


@dataclass(frozen=True)
class Difference:
    """The rows that differ, in a temporary table with the candidate's values, and how many of each action.

    The values are kept too, so that the merge need not look them up in the candidate: that one has no
    statistics when dbt has just made it, and the planner then chose loops over whole tables.
    """

    rows: sql.Identifier
    added: int
    changed: int
    removed: int


def find_scope(session: Session, table: PlannedTable, months: Collection[date] | None) -> Scope:
    """Return the months to compare, those of `months` (None: all), and those that get a new partition."""
    candidate = count_by_month(session, table, table.source)
    if table.partition_column is None:
        return Scope(candidate, [] if table.is_new else [None], [])
    if None in candidate:
        raise InvalidCandidateError(
            message("row_without_month", table=table.name, column=table.partition_column)
        )
    present = {} if table.is_new else count_by_month(session, table, table.mart)
    partitions = _partitions(session, table)
    everything = {month for month in candidate.keys() | present.keys() if month is not None}
    chosen = everything if months is None else everything & set(months)
    new = {m for m in chosen & candidate.keys() if partition_name(table.name, m) not in partitions}
    return Scope(candidate, sorted(chosen - new), sorted(new))


def count_by_month(session: Session, table: PlannedTable, relation: sql.Composable) -> dict[date | None, int]:
    """Return the number of rows by month, all under None for an unpartitioned table."""
    counting = "select {month}, count(*) from {relation} as s group by 1"
    return dict(execute(session, table, counting, relation=relation).fetchall())


def find_difference(session: Session, table: PlannedTable, months: Sequence[date | None]) -> Difference:
    """Compare every column of every row of the months, and keep those that differ.

    Raises InvalidCandidateError where a candidate row lacks a column of its key.
    """
    rows = sql.Identifier("pg_temp", f"difference_{table.name}")
    if not months:
        return Difference(rows, 0, 0, 0)
    execute(
        session,
        table,
        "create temporary table {rows} on commit drop as select {columns}, ''::text as action from {mart} where false",
        rows=rows,
    )
    for month in months:  # month by month, so that each comparison fits into memory
        session.execute(_comparison(table, rows, months_condition(table, [month])))
    session.execute(sql.SQL("analyze {}").format(rows))
    counts: dict[str, int] = dict(
        session.execute(sql.SQL("select action, count(*) from {} group by 1").format(rows)).fetchall()
    )
    _check_keys(session, table, rows)
    return Difference(rows, *(counts.get(action, 0) for action in ("added", "changed", "removed")))


def _comparison(table: PlannedTable, rows: sql.Identifier, condition: sql.Composable) -> sql.Composed:
    is_changed: sql.Composable = sql.SQL("false")
    if table.values:
        is_changed = sql.SQL("row({}) is distinct from row({})").format(
            names(table.values, "m"), names(table.values, "c")
        )
    # The key is the one of either side (using), the values are the candidate's.
    picked = [names([column], None if column in table.key else "c") for column in table.columns]
    return compose(
        table,
        "insert into {rows} ({columns}, action) "
        "select {picked}, case when m.is_there is null then 'added' when c.is_there is null then 'removed' "
        "else 'changed' end "
        "from (select {columns}, true as is_there from {mart} where {condition}) as m "
        "full join (select {columns}, true as is_there from {source} as s where {condition}) as c using ({key}) "
        "where m.is_there is null or c.is_there is null or {is_changed}",
        rows=rows,
        picked=sql.SQL(", ").join(picked),
        condition=condition,
        is_changed=is_changed,
    )


def _check_keys(session: Session, table: PlannedTable, rows: sql.Identifier) -> None:
    for column in table.key:
        statement = sql.SQL("select 1 from {} where {} is null limit 1").format(rows, sql.Identifier(column))
        if session.execute(statement).fetchone():
            raise InvalidCandidateError(message("key_with_nulls", table=table.name, column=column))


def _partitions(session: Session, table: PlannedTable) -> set[str]:
    rows = session.execute(
        "select c.relname from pg_inherits inner join pg_class as c on c.oid = inhrelid "
        "where inhparent = to_regclass(%s)",
        [f"mart.{table.name}"],
    )
    return {name for (name,) in rows}


@dataclass(frozen=True)
class TableChange:
    """How many rows of a table a publication changed, and how many it has now."""

    table_name: str
    rows_added: int = 0
    rows_changed: int = 0
    rows_removed: int = 0
    rows_in_table: int = 0

    @property
    def total(self) -> int:
        """Return the rows changed in any way."""
        return self.rows_added + self.rows_changed + self.rows_removed


def merge(
    session: Session,
    tables: Sequence[PlannedTable],
    months: Mapping[str, Collection[date]] | None,
    publication_no: int,
) -> list[TableChange]:
    """Make mart equal to the candidate within the caller's transaction, and return what changed.

    `months` are those of each large fact that differ; None: every month is compared.

    Rows are added and changed with referenced tables first and removed with them last, so that every reference holds
    after every statement. InvalidCandidateError names table, constraint and row that break a key or a reference.
    """
    scopes = [
        find_scope(session, table, None if months is None else months.get(table.name, ())) for table in tables
    ]
    steps = [
        _Step(session, table, scope, find_difference(session, table, scope.compared), publication_no)
        for table, scope in zip(tables, scopes, strict=True)
    ]
    changes = [step.add_and_change() for step in steps]
    for step in reversed(steps):
        step.remove()
    for step in steps:
        step.finish()
    return [change for change in changes if change.total]


@dataclass(frozen=True)
class _Step:
    """One table's part of a merge."""

    session: Session
    table: PlannedTable
    scope: Scope
    difference: Difference
    publication_no: int

    def add_and_change(self) -> TableChange:
        difference, created = self.difference, 0
        with _naming(self.table):
            if self.table.is_new:
                created = create_table(self.session, self.table, self.publication_no)
            for month in self.scope.new_months:
                created += create_partition(self.session, self.table, month, self.publication_no)
            if difference.changed or difference.removed:
                self._execute(
                    "insert into {history} ({columns}, known_from, known_to) "
                    "select {superseded}, {now} from {mart} as m inner join {rows} as d on {same} "
                    "where d.action <> 'added' and {condition}",
                    superseded=names([*self.table.columns, VERSION_COLUMN], "m"),
                )
            if difference.changed:
                values = (sql.SQL("{} = {}").format(names([c]), names([c], "d")) for c in self.table.values)
                self._execute(
                    "update {mart} as m set {assignments}, {version} = {now} from {rows} as d "
                    "where d.action = 'changed' and {same} and {condition}",
                    assignments=sql.SQL(", ").join(values),
                )
            if difference.added:
                self._execute(
                    "insert into {mart} ({columns}, {version}) "
                    "select {columns}, {now} from {rows} where action = 'added'"
                )
        return TableChange(
            self.table.name,
            rows_added=created + difference.added,
            rows_changed=difference.changed,
            rows_removed=difference.removed,
            rows_in_table=sum(self.scope.candidate_counts.values()),
        )

    def remove(self) -> None:
        if self.difference.removed:
            with _naming(self.table):
                self._execute(
                    "delete from {mart} as m using {rows} as d where d.action = 'removed' and {same} and {condition}"
                )

    def finish(self) -> None:
        """Add the references that are new on an old table, and prove that nothing was lost or doubled."""
        with _naming(self.table):
            for key in self.table.added_foreign_keys:
                add_foreign_key(self.session, self.table, key)
        if not (self.scope.compared or self.scope.new_months or self.table.is_new):
            return
        present = count_by_month(self.session, self.table, self.table.mart)
        for month in [*self.scope.compared, *self.scope.new_months]:
            now, wanted = present.get(month, 0), self.scope.candidate_counts.get(month, 0)
            if now != wanted:
                name = f"candidate.{self.table.name}" + (f" ({month:%Y-%m})" if month else "")
                columns = ", ".join(self.table.key)
                raise InvalidCandidateError(
                    message("duplicate_keys", table=name, wanted=wanted, now=now, columns=columns)
                )

    def _execute(self, statement: LiteralString, **parts: sql.Composable) -> None:
        execute(
            self.session,
            self.table,
            statement,
            rows=self.difference.rows,
            now=sql.Literal(self.publication_no),
            same=same_key(self.table.key, "m", "d"),
            condition=months_condition(self.table, self.scope.compared, "m"),
            **parts,
        )


@contextmanager
def _naming(table: PlannedTable) -> Iterator[None]:
    """Turn the database's refusal of a row into an error that names the table."""
    try:
        yield
    except tuple(_REFUSALS) as refused:
        zh, en = _REFUSALS[type(refused)]
        diagnosis = refused.diag
        where = diagnosis.constraint_name or diagnosis.column_name or ""
        detail = f"{where}: {diagnosis.message_detail or diagnosis.message_primary or ''}"
        raise InvalidCandidateError(
            message("row_refused", table=table.name, zh=zh, detail=detail, en=en)
        ) from refused
