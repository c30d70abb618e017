"""Comparing the months of the large facts in the candidate with the published ones.

Every month is compared by rows, sums and hash; of a month that differs the rows are counted that differ.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from psycopg import sql

from green_freight import settings
from green_freight.revisions.approval_rules import fact_approval_codes
from green_freight.revisions.fact_changes import FactChange, RowDifference
from green_freight.revisions.reverts import month_is_back, months_taken_away
from green_freight.warehouse import Session
from green_freight.warehouse.large_facts import (
    LargeFact,
    MonthContent,
    columns_of,
    listed,
    month_contents,
    months_that_differ,
)
from green_freight.warehouse.statements import statements

_SQL = statements(__file__)
_EMPTY = MonthContent()

Contents = Mapping[str, Mapping[date, MonthContent]]


@dataclass(frozen=True)
class FactComparison:
    """The months that a build would change, in the order of facts and months, and what is published of every month."""

    changes: tuple[FactChange, ...] = ()
    published: Contents = field(default_factory=dict)

    @property
    def months(self) -> dict[str, set[date]]:
        """Return the months that differ, by fact."""
        found: dict[str, set[date]] = {name: set() for name in self.published}
        for change in self.changes:
            found[change.table_name].add(change.period_month)
        return found


def contents_of(session: Session, schema: str, facts: Iterable[LargeFact]) -> Contents:
    """Return by fact and month what a schema's tables hold."""
    return {fact.name: month_contents(session, schema, fact) for fact in facts}


def compare_facts(
    session: Session, facts: Sequence[LargeFact], audited: Collection[date], as_of: date | None
) -> FactComparison:
    """Compare every month of the facts; `audited` are the months that the candidate's build names, `as_of` is the day
    of the newest publication (None: there is none).

    Raises SettingError: GREEN_FREIGHT_FACT_CHANGE_SHARE is not a share from 0 on.
    """
    published = contents_of(session, "mart", facts)
    candidate = contents_of(session, "candidate", facts)
    taken_away = months_taken_away(session)
    limit = settings.current().fact_change_share
    changes = []
    for fact in facts:
        before, after = published[fact.name], candidate[fact.name]
        for month in months_that_differ(before, after):
            old, new = before.get(month, _EMPTY), after.get(month, _EMPTY)
            found = _row_difference(session, fact, month, old, new)
            is_over = as_of is not None and month < as_of.replace(day=1)
            away = taken_away.get((fact.name, month), {})
            is_back = (new.rows, new.hash) in away.values() or month_is_back(session, fact, month, away)
            codes = fact_approval_codes(found, is_over, bool(away), is_back, limit)
            counts = (found.added, found.changed, found.removed, found.changed_share)
            changes.append(FactChange(fact.name, month, old, new, *counts, month in audited, codes))
    return FactComparison(tuple(changes), published)


def _row_difference(
    session: Session, fact: LargeFact, month: date, old: MonthContent, new: MonthContent
) -> RowDifference:
    """Return how the rows of a month differ; one without rows on a side needs no query."""
    nothing = (Decimal(0),) * len(fact.measures)
    if not old.rows:
        return RowDifference(0, new.rows, 0, 0, nothing, nothing, tuple(new.sums.values()), nothing)
    if not new.rows:
        amounts = tuple(old.sums.values())
        return RowDifference(old.rows, 0, 0, old.rows, amounts, amounts, nothing, amounts)
    columns = columns_of(session, "mart", fact.name)
    statement = sql.SQL(_SQL["rows_that_differ"].decode()).format(
        changed=_any_changed(column for column in fact.values if column in columns),
        sums=sql.SQL("").join(map(_sums, fact.measures)),
        old=listed(fact, columns),
        new=listed(fact, fact.columns),
        mart=sql.Identifier("mart", fact.name),
        candidate=sql.Identifier("candidate", fact.name),
        month=sql.Identifier(fact.month_column),
        wanted=sql.Literal(month),
        key=sql.SQL(", ").join(map(sql.Identifier, fact.key)),
    )
    row = session.execute(statement).fetchone()
    assert row is not None
    added, changed, removed, *sums = row
    by_kind = (tuple(sums[kind::4]) for kind in range(4))
    return RowDifference(old.rows, added, changed, removed, *by_kind)


def _any_changed(columns: Iterable[str]) -> sql.Composable:
    changed = [
        sql.SQL("(m.{0} is not null and m.{0} is distinct from c.{0})").format(sql.Identifier(column))
        for column in columns
    ]
    return sql.SQL(" or ").join(changed) if changed else sql.SQL("false")


def _sums(measure: str) -> sql.Composed:
    """Return a measure's sums as RowDifference has them: what changed, was removed, was added, is published."""
    return sql.SQL(
        ", coalesce(sum(abs(coalesce(c.{0}, 0) - m.{0})), 0)::numeric"
        ", coalesce(sum(abs(m.{0})) filter (where c.is_there is null), 0)::numeric"
        ", coalesce(sum(abs(c.{0})) filter (where m.is_there is null), 0)::numeric"
        ", coalesce(sum(abs(m.{0})), 0)::numeric"
    ).format(sql.Identifier(measure))
