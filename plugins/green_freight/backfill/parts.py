"""The parts of a backfill as ops.backfill_part keeps them: planned, begun, month by month, done."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import LiteralString

from green_freight.warehouse import Session


@dataclass(frozen=True)
class Progress:
    """How far a whole backfill is: months × agencies done and asked for, rows loaded, and what it may still take."""

    months_done: int
    months_total: int
    rows_loaded: int
    time_left: timedelta | None

    @property
    def sentence(self) -> str:
        """Return the progress in Chinese and English."""
        left = "–" if self.time_left is None else f"{self.time_left.total_seconds():.0f} s"
        return f"{self.months_done}/{self.months_total} 月 months · {self.rows_loaded:,} 行 rows · 预计剩余 left {left}"


@dataclass(frozen=True)
class Part:
    """Some months of one agency; `resumed_since` is when an interrupted attempt at it began, else None."""

    run_id: str
    agency: str
    months: Sequence[str]
    resumed_since: datetime | None

    def settled(self, session: Session) -> set[tuple[str, str]]:
        """Return the deliveries and periods that an interrupted attempt at this part has settled already."""
        return set(session.execute(_SETTLED, vars(self)).fetchall()) if self.resumed_since else set()

    def month_done(self, session: Session) -> None:
        """Record that one more month is done."""
        self._update(session, "months_done = months_done + 1")

    def finish(self, session: Session) -> None:
        """Record that the part came to its end."""
        self._update(session, "finished_at = clock_timestamp()")

    def _update(self, session: Session, change: LiteralString) -> None:
        key = [self.run_id, self.agency, list(self.months)]
        session.execute(f"update ops.backfill_part set {change} {_OF_PART}", key)  # noqa: S608


_OF_PART = "where run_id = %s and agency_code = %s and months = %s"
# An attempt that was killed between the loads of two datasets of one delivery has not settled it.
_SETTLED = """
select delivery_name, period_label from ops.load
where run_id = %(run_id)s and agency_code = %(agency)s and finished_at >= %(resumed_since)s
group by delivery_name, period_label
having bool_and(outcome_code in ('loaded', 'unchanged')) and count(distinct dataset_id) = (
    select count(*) from ops.expected_dataset as dataset
    where dataset.agency_code = %(agency)s and dataset.delivery_name = load.delivery_name
)
union
select delivery_name, period_label from ops.fetch
where run_id = %(run_id)s and agency_code = %(agency)s and started_at >= %(resumed_since)s
  and outcome_code in ('not_due', 'not_delivered')
"""


def begin_part(session: Session, run_id: str, agency: str, months: Sequence[str]) -> Part:
    """Begin a part, or continue it where its last attempt stopped; a finished one begins again."""
    row = session.execute(
        """
        insert into ops.backfill_part as part (run_id, agency_code, months, started_at)
        values (%s, %s, %s, clock_timestamp())
        on conflict (run_id, agency_code, months) do update
        set started_at = case
                when part.finished_at is null then coalesce(part.started_at, excluded.started_at)
                else excluded.started_at
            end,
            months_done = 0, finished_at = null
        returning case when started_at < statement_timestamp() then started_at end
        """,
        [run_id, agency, list(months)],
    ).fetchone()
    assert row is not None
    return Part(run_id, agency, months, row[0])


def progress(session: Session, run_id: str) -> Progress:
    """Return how far a backfill is; the time left goes by the months done since it began."""
    row = session.execute(
        """
        select coalesce(sum(months_done), 0)::int, coalesce(sum(cardinality(months)), 0)::int,
            (
                select coalesce(sum(rows_loaded), 0)::bigint from ops.load
                where run_id = %(run_id)s and outcome_code = 'loaded'
            ),
            clock_timestamp() - min(started_at)
        from ops.backfill_part where run_id = %(run_id)s
        """,
        {"run_id": run_id},
    ).fetchone()
    assert row is not None
    done, total, rows, elapsed = row
    left = elapsed * ((total - done) / done) if done and elapsed else None
    return Progress(done, total, rows, left)
