"""Where changes are kept: before publishing in ops.figure_change, for the readers in mart.figure_revision."""

from __future__ import annotations

from typing import Any

from psycopg.rows import dict_row

from green_freight import settings
from green_freight.revisions.figure_diff import Comparison
from green_freight.revisions.figures import NOTHING, FigureChange, FigureKey, Values
from green_freight.warehouse import Session

_SIDES = tuple(f"{side}_{name}" for name in Values._fields for side in ("old", "new"))
_CHANGE_COLUMNS = (
    *("run_id", "build_id", "compared_with_publication_no"), *FigureKey._fields,
    *("indicator_name_zh", "indicator_name_en"), *_SIDES,
    *("is_restatement", "cause_codes", "dataset_ids", "approval_codes"),
)  # fmt: skip

_REVISION = """
insert into mart.figure_revision (
    city_code, indicator_code, region_code, period_month, publication_no, published_at, indicator_name_zh,
    indicator_name_en, old_numerator, new_numerator, old_denominator, new_denominator, old_actual_value,
    new_actual_value, old_target_value, new_target_value, old_status_code, new_status_code, is_restatement,
    cause_codes, dataset_ids, reason, is_synthetic
)
select
    %s, %s, %s, %s, publication_no, published_at, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s,
    reason, %s
from mart.publication where publication_no = %s
"""


def save_comparison(session: Session, run_id: str, comparison: Comparison) -> None:
    """Replace a run's rows of ops.figure_change (as the role builder)."""
    session.execute("delete from ops.figure_change where run_id = %s", [run_id])
    before = (run_id, comparison.build_id, comparison.publication_no)
    with (
        session.cursor() as cursor,
        cursor.copy(f"copy ops.figure_change ({', '.join(_CHANGE_COLUMNS)}) from stdin") as copy,
    ):
        for change in comparison.changes:
            after = (
                change.is_restatement,
                *map(list, (change.cause_codes, change.dataset_ids, change.approval_codes)),
            )
            copy.write_row(
                (*before, *change.key, change.name_zh, change.name_en, *_both_sides(change), *after)
            )


def saved_comparison(session: Session, run_id: str) -> Comparison:
    """Return what a run found, as it was kept; a comparison without changes where it found none."""
    with session.cursor(row_factory=dict_row) as cursor:
        rows = cursor.execute(
            """
            select * from ops.figure_change
            where run_id = %s order by period_month, indicator_code, region_code
            """,
            [run_id],
        ).fetchall()
    changes = tuple(
        FigureChange.of(row, row["cause_codes"], row["dataset_ids"], row["approval_codes"]) for row in rows
    )
    build_id, publication_no = (
        (rows[0]["build_id"], rows[0]["compared_with_publication_no"]) if rows else (0, None)
    )
    return Comparison(build_id, publication_no, changes)


def write_revisions(session: Session, publication_no: int, comparison: Comparison) -> None:
    """Write what a publication changed into the readers' revision history, in its own transaction."""
    with session.cursor() as cursor:
        cursor.executemany(
            _REVISION,
            [
                (
                    *change.key, change.name_zh, change.name_en, *_both_sides(change), change.is_restatement,
                    list(change.cause_codes), list(change.dataset_ids), settings.is_synthetic(), publication_no,
                )
                for change in comparison.changes
            ],
        )  # fmt: skip


def _both_sides(change: FigureChange) -> list[Any]:
    pairs = zip(change.old or NOTHING, change.new or NOTHING, strict=True)
    return [value for pair in pairs for value in pair]
