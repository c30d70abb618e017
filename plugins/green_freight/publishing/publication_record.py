"""The record of a publication, which readers see beside the figures."""

from __future__ import annotations

from collections.abc import Sequence

import psycopg
from psycopg import sql
from psycopg.rows import TupleRow

from green_freight.publishing.errors import PublishingError
from green_freight.publishing.gate import AuditedBuild
from green_freight.publishing.merge import TableChange
from green_freight.publishing.plan import PlannedTable
from green_freight.revisions import Approval

# The file behind the newest load of each dataset and period that the build contains.
_FILES = """(
    select distinct f.source_file_key, f.agency_code, f.delivery_name, f.period_label, f.file_name, f.sha256,
        f.bytes
    from (
        select distinct on (dataset_id, period_label) source_file_key
        from ops.load
        where outcome_code in ('loaded', 'unchanged') and load_id <= {through}
        order by dataset_id, period_label, load_id desc
    ) as newest
    inner join ops.source_file as f on f.source_file_key = newest.source_file_key
)"""

_FILE_COLUMNS = {
    "source_file_key": "text",
    "agency_code": "text",
    "delivery_name": "text",
    "period_label": "text",
    "file_name": "text",
    "sha256": "text",
    "bytes": "bigint",
}

# An agency is stale when a delivery failed or was missing the last time it was asked for, or broke its contract as a
# whole when it was last loaded.
_PUBLICATION = """
insert into mart.publication (
    publication_no, published_at, kind_code, reason, as_of_date, code_version, build_id, run_id, stale_agencies,
    verdict_passed_count, verdict_warning_count, approved_by, approved_at, approval_reason
)
select
    %(publication_no)s,
    -- Never before the one that it follows, even if the server's clock was put back.
    greatest(
        clock_timestamp(),
        (select max(p.published_at) + interval '1 microsecond' from mart.publication as p)
    ),
    r.kind_code, r.reason, %(as_of_date)s, %(code_version)s, %(build_id)s, r.run_id,
    array(
        select distinct newest.agency_code
        from (
            select distinct on (f.agency_code, f.delivery_name, f.period_label) f.agency_code, f.outcome_code
            from ops.fetch as f
            order by f.agency_code, f.delivery_name, f.period_label, f.fetch_id desc
        ) as newest
        where newest.outcome_code in ('failed_transient', 'failed_permanent', 'not_delivered')
        union
        select distinct newest.agency_code
        from (
            select distinct on (l.dataset_id, l.period_label) l.agency_code, l.outcome_code
            from ops.load as l
            order by l.dataset_id, l.period_label, l.load_id desc
        ) as newest
        where newest.outcome_code = 'stopped'
        order by agency_code
    ),
    %(passed)s, %(warnings)s, %(approved_by)s, %(approved_at)s, %(approval_reason)s
from ops.run as r
where r.run_id = %(run_id)s
"""


def next_number(session: psycopg.Connection[TupleRow]) -> int:
    """Return the number of the publication to come; numbers have no gaps, which a sequence would leave."""
    row = session.execute("select coalesce(max(publication_no), 0) + 1 from mart.publication").fetchone()
    assert row
    return int(row[0])


def files_table(build: AuditedBuild) -> PlannedTable:
    """Return mart.publication_file as a table to merge: the files that the build was made from."""
    return PlannedTable(
        name="publication_file",
        columns=_FILE_COLUMNS,
        key=("source_file_key",),
        source=sql.SQL(_FILES).format(through=sql.Literal(build.through_load_id or 0)),
    )


def record(
    session: psycopg.Connection[TupleRow],
    publication_no: int,
    run_id: str,
    build: AuditedBuild,
    changes: Sequence[TableChange],
    approval: Approval | None = None,
) -> None:
    """Write the publication, what it changed, and the approval that it needed (None: none).

    Raises:
        PublishingError: the run never began, so that nobody could say why this was published.
    """
    written = session.execute(
        _PUBLICATION,
        {
            "publication_no": publication_no,
            "as_of_date": build.as_of_date,
            "code_version": build.code_version,
            "build_id": build.build_id,
            "run_id": run_id,
            "passed": build.verdicts_passed,
            "warnings": build.verdicts_warning,
            "approved_by": approval.approved_by if approval else None,
            "approved_at": approval.approved_at if approval else None,
            "approval_reason": approval.reason if approval else None,
        },
    )
    if written.rowcount != 1:
        raise unknown_run(run_id)
    record_changes(session, publication_no, changes)


def unknown_run(run_id: str) -> PublishingError:
    """Return the error that a run never began, so that nobody could say why it publishes."""
    return PublishingError(
        f"表 ops.run 中没有运行 {run_id}，未发布任何内容；请先开始该运行。 / "
        f"There is no run {run_id} in the table ops.run, so nothing was published; begin the run first."
    )


def record_changes(
    session: psycopg.Connection[TupleRow], publication_no: int, changes: Sequence[TableChange]
) -> None:
    """Write what a publication changed, table by table."""
    with session.cursor() as cursor:
        cursor.executemany(
            "insert into mart.publication_table_change values (%s, %s, %s, %s, %s)",
            [
                (
                    publication_no,
                    change.table_name,
                    change.rows_added,
                    change.rows_changed,
                    change.rows_removed,
                )
                for change in changes
            ],
        )


def mark_published(session: psycopg.Connection[TupleRow], build: AuditedBuild) -> None:
    """Record that mart equals this build, so that the next one starts from its loads."""
    session.execute("update ops.build set outcome_code = 'published' where build_id = %s", [build.build_id])
