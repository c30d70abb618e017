"""The morning summary: what is published, what is behind, what is stale, what waits for an approval."""

from __future__ import annotations

from psycopg.rows import dict_row

from green_freight import revisions
from green_freight.figure_text import completion
from green_freight.messages import message
from green_freight.periods import SHANGHAI
from green_freight.reporting import run_report
from green_freight.warehouse import Session, Warehouse
from green_freight.warehouse.runs import DRY_RUN

_NEWEST = "select publication_no, as_of_date, published_at from mart.current_publication"
_BEHIND = """
select work_no as no, work_name_zh as zh, work_name_en as en, completion_ratio
from mart.scorecard
where status_code = 'behind' and year = extract(year from as_of_date)
order by display_order
"""
# A run that has not ended may wait for an approval; a dry run never does.
_UNFINISHED = """
select run_id from ops.run
where finished_at is null and kind_code <> %s and started_at > now() - interval '3 days' order by started_at
"""
# A robot's text is limited; the scorecard has every one.
BEHIND_SHOWN = 8


def text(warehouse: Warehouse) -> str:
    """Return the summary in Chinese and English, a sentence a line."""
    with warehouse.connect("builder") as session:
        newest = session.execute(_NEWEST).fetchone()
        if newest is None:
            return message("summary_nothing_published")
        publication_no, as_of_date, published_at = newest
        published = f"{published_at.astimezone(SHANGHAI):%Y-%m-%d %H:%M}"
        lines = [
            message(
                "summary_published", day=as_of_date, publication_no=publication_no, published_at=published
            ),
            *_behind(session),
            *run_report.stale_sentences(session),
            *_waiting(session),
        ]
    return "\n".join(lines)


def _behind(session: Session) -> list[str]:
    with session.cursor(row_factory=dict_row) as cursor:
        rows = cursor.execute(_BEHIND).fetchall()
    if not rows:
        return [message("summary_none_behind")]
    lines = [message("summary_behind", count=len(rows))]
    for row in rows[:BEHIND_SHOWN]:
        ratio = row["completion_ratio"]
        reached = "–" if ratio is None else completion(ratio)
        lines.append(
            message("summary_behind_work", no=row["no"], zh=row["zh"], en=row["en"], reached=reached)
        )
    if len(rows) > BEHIND_SHOWN:
        lines.append(message("summary_more_behind", count=len(rows) - BEHIND_SHOWN))
    return lines


def _waiting(session: Session) -> list[str]:
    waiting = []
    for (run_id,) in session.execute(_UNFINISHED, [DRY_RUN]).fetchall():
        changes = len(revisions.outstanding(session, revisions.saved_comparison(session, run_id)))
        if changes:
            waiting.append(message("summary_waiting", run_id=run_id, changes=changes))
    return waiting or [message("summary_none_waiting")]
