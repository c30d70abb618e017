"""Which rows differ between the candidate and mart: found once, before anything is changed."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from psycopg import sql

from green_freight.messages import message
from green_freight.publishing.errors import InvalidCandidateError
from green_freight.publishing.plan import PlannedTable, compose, execute, months_condition, names
from green_freight.publishing.structure import partition_name
from green_freight.warehouse import Session

Counts = Mapping[date | None, int]


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


def find_scope(session: Session, table: PlannedTable, changed_months: Collection[date] | None) -> Scope:
    """Return the months to compare and those that get a new partition.

    To the months that the build says it changed (None: all) come those whose number of rows differs, so that
    a month that was missed once is corrected by the next publication.
    """
    candidate = count_by_month(session, table, table.source)
    if table.partition_column is None:
        return Scope(candidate, [] if table.is_new else [None], [])
    if None in candidate:
        raise InvalidCandidateError(
            message("row_without_month", table=table.name, column=table.partition_column)
        )
    present = {} if table.is_new else count_by_month(session, table, table.mart)
    partitions = _partitions(session, table)
    everything = candidate.keys() | present.keys()
    is_changed = set(everything if changed_months is None or table.added_columns else changed_months)
    compared = {m for m in everything if m in is_changed or candidate.get(m, 0) != present.get(m, 0)}
    new = sorted(m for m in candidate if m is not None and partition_name(table.name, m) not in partitions)
    return Scope(candidate, sorted(m for m in compared - set(new) if m is not None), new)


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
