"""Approvals: kept in ops.approval with the exact values approved, asked for again within the publication itself."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from psycopg.rows import class_row

from green_freight.errors import PermanentError, ReasonMissingError
from green_freight.messages import message
from green_freight.revisions.fact_changes import FactChange
from green_freight.revisions.figure_diff import Change, Comparison
from green_freight.revisions.figures import NOTHING, FigureChange, FigureKey, Values
from green_freight.revisions.rendering import sentence
from green_freight.warehouse import Session

_APPROVED = tuple(f"new_{name}" for name in Values._fields)

# An approval counts for the value that was shown, until the figure is published again.
_STANDING = """
select a.run_id, a.approved_by, a.reason, a.approved_at
from ops.approved_figure as f
inner join ops.approval as a using (approval_id)
where row(f.city_code, f.indicator_code, f.region_code, f.period_month) = row(%s, %s, %s, %s::date)
  and row(f.new_numerator, f.new_denominator, f.new_actual_value, f.new_target_value, f.new_status_code)
      is not distinct from row(%s::numeric, %s::numeric, %s::numeric, %s::numeric, %s::text)
  and a.approved_at > coalesce(
      (
          select max(r.published_at) from mart.figure_revision as r
          where row(r.city_code, r.indicator_code, r.region_code, r.period_month)
              = row(f.city_code, f.indicator_code, f.region_code, f.period_month)
      ),
      '-infinity'
  )
order by a.approval_id desc limit 1
"""

# The same for a month of a large fact: it counts for the rows that were shown, until the month is published again.
_STANDING_FACT = """
select a.run_id, a.approved_by, a.reason, a.approved_at
from ops.approved_fact_month as f
inner join ops.approval as a using (approval_id)
where row(f.table_name, f.period_month, f.new_rows, f.new_hash) = row(%s, %s::date, %s::bigint, %s::numeric)
  and a.approved_at > coalesce(
      (
          select max(p.published_at) from ops.fact_revision as r inner join mart.publication as p using (publication_no)
          where row(r.table_name, r.period_month) = row(f.table_name, f.period_month)
      ),
      '-infinity'
  )
order by a.approval_id desc limit 1
"""


@dataclass(frozen=True)
class Approval:
    """Who approved, why and when, for which run."""

    run_id: str
    approved_by: str
    reason: str
    approved_at: datetime


class ApprovalMissingError(PermanentError):
    """Changes that need an approval have none; nothing was published. `changes` are those."""

    def __init__(self, changes: Sequence[Change]) -> None:
        self.changes = tuple(changes)
        listed = "\n".join(f"- {sentence(change)}" for change in changes)
        super().__init__(f"{message('approval_missing', count=len(changes))}\n{listed}")


def approve(
    session: Session,
    run_id: str,
    changes: Sequence[Change],
    approved_by: str,
    reason: str,
) -> None:
    """Record (as the builder) that changes may be published with exactly these values or rows; ReasonMissingError."""
    if not reason.strip():
        raise ReasonMissingError(message("approval_needs_reason"))
    row = session.execute(
        "insert into ops.approval (run_id, approved_by, reason) values (%s, %s, %s) returning approval_id",
        [run_id, approved_by, reason.strip()],
    ).fetchone()
    assert row is not None
    with session.cursor() as cursor:
        cursor.executemany(
            f"insert into ops.approved_figure (approval_id, {', '.join([*FigureKey._fields, *_APPROVED])}) "  # noqa: S608
            "values (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s)",
            [(row[0], *change.key, *_new(change)) for change in changes if isinstance(change, FigureChange)],
        )
        cursor.executemany(
            "insert into ops.approved_fact_month (approval_id, table_name, period_month, new_rows, new_hash) "
            "values (%s, %s, %s, %s, %s)",
            [(row[0], *_month(change)) for change in changes if isinstance(change, FactChange)],
        )


def outstanding(session: Session, comparison: Comparison) -> list[Change]:
    """Return the changes that need an approval and have none."""
    return [change for change in comparison.waiting if _standing(session, change) is None]


def require_approval(session: Session, comparison: Comparison) -> Approval | None:
    """Return the newest approval behind the changes, if one was needed; ApprovalMissingError where one is missing."""
    found = [(change, _standing(session, change)) for change in comparison.waiting]
    missing = [change for change, approval in found if approval is None]
    if missing:
        raise ApprovalMissingError(missing)
    return max((a for _, a in found if a is not None), key=lambda a: a.approved_at, default=None)


def _standing(session: Session, change: Change) -> Approval | None:
    with session.cursor(row_factory=class_row(Approval)) as cursor:
        if isinstance(change, FactChange):
            return cursor.execute(_STANDING_FACT, _month(change)).fetchone()
        return cursor.execute(_STANDING, [*change.key, *_new(change)]).fetchone()


def _new(change: FigureChange) -> Sequence[Any]:
    return change.new or NOTHING


def _month(change: FactChange) -> Sequence[Any]:
    return change.table_name, change.period_month, change.new.rows, change.new.hash
