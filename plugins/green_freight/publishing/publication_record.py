"""The build that may be published, and the record of its publication, which readers see beside the figures.

Whether a build may be published is asked before anything is touched, and again within the publication itself.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from psycopg import sql

from green_freight.messages import message
from green_freight.publishing.errors import CandidateRebuiltError, NotAuditedError, PublishingError
from green_freight.publishing.merge import TableChange
from green_freight.publishing.plan import PlannedTable
from green_freight.revisions import Approval
from green_freight.warehouse import Session, scalar
from green_freight.warehouse.statements import statements

_SQL = statements(__file__)

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
_FILE_TEXTS = ("source_file_key", "agency_code", "delivery_name", "period_label", "file_name", "sha256")
_FILE_COLUMNS = dict.fromkeys(_FILE_TEXTS, "text") | {"bytes": "bigint"}


@dataclass(frozen=True)
class AuditedBuild:
    """What publishing needs to know of a build."""

    build_id: int
    run_id: str
    outcome_code: str | None
    as_of_date: date
    changed_months: list[date] | None
    through_load_id: int | None
    code_version: str
    verdicts_passed: int
    verdicts_warning: int
    verdicts_failed: int

    @property
    def is_published(self) -> bool:
        """Tell whether this build is in mart already."""
        return self.outcome_code == "published"


def audited_tables(session: Session, build: AuditedBuild) -> set[str] | None:
    """Return the tables that a publication of a build may change; None: each of them."""
    rows = session.execute(_SQL["audited_tables"], {"build_id": build.build_id}).fetchall()
    tables = {table for (table,) in rows}
    return None if None in tables else tables


def check_build(session: Session, build_id: int) -> AuditedBuild:
    """Return the build if the candidate still is that build and its audit was passed, else raise a PublishingError.

    A build that is published already passes too, whatever was built since: publishing it again does nothing.
    """
    row = session.execute(_SQL["build"], [build_id]).fetchone()
    if row is None:
        raise PublishingError(message("no_such_build", build_id=build_id))
    build = AuditedBuild(*row)
    if build.is_published:
        return build
    _check_audit(build)
    query = "select build_id, run_id from ops.build where build_id > %s order by build_id desc limit 1"
    if later := session.execute(query, [build_id]).fetchone():
        facts = {"later_build": later[0], "later_run": later[1]}
        raise CandidateRebuiltError(message("candidate_rebuilt", build_id=build_id, **facts))
    return build


def _check_audit(build: AuditedBuild) -> None:
    if build.outcome_code != "audited":
        states = {"state_zh": build.outcome_code or "未完成", "state_en": build.outcome_code or "unfinished"}
        raise NotAuditedError(message("build_not_audited", build=build, **states))
    if build.verdicts_failed:
        raise NotAuditedError(message("build_failed_audit", build=build))
    if not build.verdicts_passed + build.verdicts_warning:
        raise NotAuditedError(message("build_without_results", build=build))


@dataclass(frozen=True)
class State:
    """The state that a publication shows: its day, code and build, and what was known of its quality then."""

    as_of_date: date
    code_version: str
    build_id: int
    stale_agencies: Sequence[str]
    verdict_passed_count: int
    verdict_warning_count: int


def state_of(session: Session, build: AuditedBuild) -> State:
    """Return the state that an audited build shows, with the agencies that are stale now."""
    stale = [agency for (agency,) in session.execute(_SQL["stale_agencies"])]
    counts = build.verdicts_passed, build.verdicts_warning
    return State(build.as_of_date, build.code_version, build.build_id, stale, *counts)


def next_number(session: Session) -> int:
    """Return the number of the publication to come; numbers have no gaps, which a sequence would leave."""
    return int(scalar(session, "select coalesce(max(publication_no), 0) + 1 from mart.publication"))


def files_table(build: AuditedBuild) -> PlannedTable:
    """Return mart.publication_file as a table to merge: the files that the build was made from."""
    return PlannedTable(
        name="publication_file",
        columns=_FILE_COLUMNS,
        key=("source_file_key",),
        source=sql.SQL(_FILES).format(through=sql.Literal(build.through_load_id or 0)),
    )


def record(
    session: Session,
    publication_no: int,
    run_id: str,
    state: State,
    changes: Sequence[TableChange],
    approval: Approval | None = None,
    reverted_to: int | None = None,
) -> None:
    """Write the publication, what it changed, the approval that it needed, and the one whose state it shows again.

    Raises PublishingError where the run never began, so that nobody could say why this was published.
    """
    facts = vars(state) | {"publication_no": publication_no, "run_id": run_id, "reverted_to": reverted_to}
    facts |= {
        "approved_by": approval and approval.approved_by,
        "approved_at": approval and approval.approved_at,
        "approval_reason": approval and approval.reason,
    }
    if session.execute(_SQL["publication"], facts).rowcount != 1:
        raise PublishingError(message("publishing_run_not_begun", run_id=run_id))
    with session.cursor() as cursor:
        cursor.executemany(
            "insert into mart.publication_table_change values (%s, %s, %s, %s, %s)",
            [
                (publication_no, one.table_name, one.rows_added, one.rows_changed, one.rows_removed)
                for one in changes
            ],
        )


def mark_published(session: Session, build: AuditedBuild) -> None:
    """Record that mart equals this build, so that the next one starts from its loads."""
    session.execute("update ops.build set outcome_code = 'published' where build_id = %s", [build.build_id])
