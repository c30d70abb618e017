"""Writing what differs into mart, and what it supersedes into its history. Rows only: readers never wait."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from typing import LiteralString

from psycopg import errors, sql

from green_freight.messages import message
from green_freight.publishing.candidate_diff import (
    Difference,
    Scope,
    count_by_month,
    find_difference,
    find_scope,
)
from green_freight.publishing.errors import InvalidCandidateError
from green_freight.publishing.plan import (
    VERSION_COLUMN,
    PlannedTable,
    execute,
    months_condition,
    names,
    same_key,
)
from green_freight.publishing.structure import add_foreign_key, create_partition, create_table
from green_freight.warehouse import Session


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
    changed_months: Collection[date] | None,
    publication_no: int,
) -> list[TableChange]:
    """Make mart equal to the candidate within the caller's transaction, and return what changed.

    Rows are added and changed with referenced tables first and removed with them last, so that every reference holds
    after every statement. InvalidCandidateError names table, constraint and row that break a key or a reference.
    """
    scopes = [find_scope(session, table, changed_months) for table in tables]
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


# What the database refused, in Chinese and English.
_REFUSALS: Mapping[type[errors.IntegrityError], tuple[str, str]] = {
    errors.ForeignKeyViolation: ("外键不成立", "a reference leads nowhere"),
    errors.UniqueViolation: ("主键有重复", "the primary key has duplicates"),
    errors.NotNullViolation: ("主键有空值", "the primary key has nulls"),
    errors.CheckViolation: ("某行违反 mart 的约束", "a check of mart refuses a row"),
}


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
