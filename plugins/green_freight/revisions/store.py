"""Where changes are kept: before publishing in ops.figure_change, for the readers in mart.figure_revision."""

from __future__ import annotations

from itertools import chain
from typing import Any

from psycopg.rows import dict_row

from green_freight import settings
from green_freight.revisions.fact_diff import FactComparison
from green_freight.revisions.fact_store import save_fact_changes, saved_fact_changes
from green_freight.revisions.figure_diff import Comparison
from green_freight.revisions.figures import NOTHING, FigureChange, FigureKey, Values
from green_freight.warehouse import Session

_OF_CHANGE = (
    *FigureKey._fields, "indicator_name_zh", "indicator_name_en",
    *(f"{side}_{name}" for name in Values._fields for side in ("old", "new")),
    "is_restatement", "cause_codes", "dataset_ids",
)  # fmt: skip


def save_comparison(session: Session, run_id: str, comparison: Comparison) -> None:
    """Replace a run's rows of ops.figure_change and ops.fact_change (as the role builder)."""
    session.execute("delete from ops.figure_change where run_id = %s", [run_id])
    columns = ", ".join(["run_id", "build_id", "compared_with_publication_no", *_OF_CHANGE, "approval_codes"])
    of_run = (run_id, comparison.build_id, comparison.publication_no)
    with session.cursor() as cursor, cursor.copy(f"copy ops.figure_change ({columns}) from stdin") as copy:
        for change in comparison.changes:
            copy.write_row((*of_run, *_facts(change), list(change.approval_codes)))
    save_fact_changes(session, *of_run, comparison.facts.changes)


def saved_comparison(session: Session, run_id: str) -> Comparison:
    """Return what a run found, as it was kept; a comparison without changes where it found none."""
    query = (
        "select * from ops.figure_change where run_id = %s order by period_month, indicator_code, region_code"
    )
    with session.cursor(row_factory=dict_row) as cursor:
        rows = cursor.execute(query, [run_id]).fetchall()
    changes = tuple(
        FigureChange.of(row, row["cause_codes"], row["dataset_ids"], row["approval_codes"]) for row in rows
    )
    facts, fact_rows = saved_fact_changes(session, run_id)
    of_run = next(iter([*rows, *fact_rows]), None)
    build_id, publication_no = (
        (of_run["build_id"], of_run["compared_with_publication_no"]) if of_run else (0, None)
    )
    return Comparison(build_id, publication_no, changes, FactComparison(facts))


def write_revisions(session: Session, publication_no: int, comparison: Comparison) -> None:
    """Write what a publication changed into the readers' revision history, in its own transaction."""
    values = ", ".join(["%s"] * len(_OF_CHANGE))
    is_synthetic = settings.is_synthetic()
    with session.cursor() as cursor:
        cursor.executemany(
            f"insert into mart.figure_revision ({', '.join(_OF_CHANGE)}, is_synthetic, publication_no, published_at, "  # noqa: S608
            f"reason) select {values}, %s, publication_no, published_at, reason from mart.publication "
            "where publication_no = %s",
            [(*_facts(change), is_synthetic, publication_no) for change in comparison.changes],
        )


def _facts(change: FigureChange) -> tuple[Any, ...]:
    """Return the values of _OF_CHANGE."""
    sides = zip(change.old or NOTHING, change.new or NOTHING, strict=True)
    return (
        *change.key, change.name_zh, change.name_en, *chain.from_iterable(sides),
        change.is_restatement, list(change.cause_codes), list(change.dataset_ids),
    )  # fmt: skip
