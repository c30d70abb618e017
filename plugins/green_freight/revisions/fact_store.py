"""Where changes of large facts are kept: before publishing in ops.fact_change, afterwards in ops.fact_revision."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

from psycopg.rows import dict_row
from psycopg.types.json import Jsonb

from green_freight.revisions.fact_changes import FactChange
from green_freight.revisions.fact_diff import Contents
from green_freight.warehouse import Session
from green_freight.warehouse.large_facts import MonthContent, months_that_differ

_COLUMNS = (
    "run_id", "build_id", "compared_with_publication_no", "table_name", "period_month", "old_rows", "new_rows",
    "rows_added", "rows_changed", "rows_removed", "old_sums", "new_sums", "old_hash", "new_hash", "changed_share",
    "is_audited", "approval_codes",
)  # fmt: skip


def save_fact_changes(
    session: Session, run_id: str, build_id: int, publication_no: int | None, changes: Iterable[FactChange]
) -> None:
    """Replace a run's rows of ops.fact_change (as the role builder)."""
    session.execute("delete from ops.fact_change where run_id = %s", [run_id])
    with session.cursor() as cursor:
        cursor.executemany(
            f"insert into ops.fact_change ({', '.join(_COLUMNS)}) values ({', '.join(['%s'] * len(_COLUMNS))})",  # noqa: S608
            [(run_id, build_id, publication_no, *_facts(change)) for change in changes],
        )


def saved_fact_changes(
    session: Session, run_id: str
) -> tuple[tuple[FactChange, ...], list[Mapping[str, Any]]]:
    """Return the changes that a run found, and their rows as they are kept."""
    query = "select * from ops.fact_change where run_id = %s order by table_name, period_month"
    with session.cursor(row_factory=dict_row) as cursor:
        rows: list[Mapping[str, Any]] = list(cursor.execute(query, [run_id]).fetchall())
    return tuple(_change(row) for row in rows), rows


def write_fact_revisions(session: Session, publication_no: int, before: Contents, after: Contents) -> None:
    """Record the months of large facts that a publication changed, in its own transaction."""
    with session.cursor() as cursor:
        cursor.executemany(
            "insert into ops.fact_revision (publication_no, table_name, period_month, old_rows, new_rows, old_hash, "
            "new_hash) values (%s, %s, %s, %s, %s, %s, %s)",
            [
                (publication_no, table, month, old.rows, new.rows, old.hash, new.hash)
                for table in after
                for month in months_that_differ(before[table], after[table])
                for old, new in [[side[table].get(month, MonthContent()) for side in (before, after)]]
            ],
        )


def _facts(change: FactChange) -> tuple[Any, ...]:
    """Return the values of _COLUMNS from table_name on."""
    old, new = change.old, change.new
    return (
        change.table_name, change.period_month, old.rows, new.rows,
        change.rows_added, change.rows_changed, change.rows_removed, _as_json(old), _as_json(new), old.hash, new.hash,
        change.changed_share, change.is_audited, list(change.approval_codes),
    )  # fmt: skip


def _as_json(content: MonthContent) -> Jsonb:
    # As text: a JSON number is read as a floating one.
    return Jsonb({measure: str(total) for measure, total in content.sums.items()})


def _change(row: Mapping[str, Any]) -> FactChange:
    old, new = (
        MonthContent(
            row[f"{side}_rows"],
            {measure: Decimal(total) for measure, total in row[f"{side}_sums"].items()},
            row[f"{side}_hash"],
        )
        for side in ("old", "new")
    )
    return FactChange(
        table_name=row["table_name"],
        period_month=row["period_month"],
        old=old,
        new=new,
        rows_added=row["rows_added"],
        rows_changed=row["rows_changed"],
        rows_removed=row["rows_removed"],
        changed_share=row["changed_share"],
        is_audited=row["is_audited"],
        approval_codes=tuple(row["approval_codes"]),
    )
