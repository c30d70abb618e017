"""Publishing: what differs between the audited candidate and mart becomes visible in one transaction."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Literal

from psycopg import IsolationLevel, errors, sql

from green_freight.messages import message
from green_freight.publishing import publication_record
from green_freight.publishing.audited_months import (
    large_facts_among,
    require_audited,
    require_audited_tables,
    require_conservation,
)
from green_freight.publishing.errors import CandidateRebuiltError
from green_freight.publishing.merge import TableChange, merge
from green_freight.publishing.plan import PlannedTable, plan
from green_freight.publishing.publication_record import AuditedBuild
from green_freight.publishing.specs import TableSpec, from_manifest_file, in_order, read_shapes
from green_freight.publishing.structure import describe, extend
from green_freight.revisions import (
    compare,
    contents_of,
    require_approval,
    write_fact_revisions,
    write_revisions,
)
from green_freight.warehouse import Session, Warehouse, lease, scalar

READER_LOCK_TIMEOUT = timedelta(minutes=5)


@dataclass(frozen=True)
class PublicationOutcome:
    """What became of a publication.

    `published`: number `publication_no` is visible. `unchanged`: the candidate equals what is visible, there is
    no new publication. `already_published`: an earlier call published this build, as `publication_no` where it
    changed something.
    """

    outcome_code: Literal["published", "unchanged", "already_published"]
    publication_no: int | None
    changes: tuple[TableChange, ...] = ()

    @property
    def rows_changed(self) -> int:
        """Return the rows that were added, changed or removed in all tables."""
        return sum(change.total for change in self.changes)

    @property
    def sentence(self) -> str:
        """Return the outcome in Chinese and English, for a log."""
        if self.outcome_code == "published":
            return message("published", outcome=self, table_count=len(self.changes))
        if self.outcome_code == "unchanged":
            return message("published_unchanged")
        if self.publication_no is None:
            return message("processed_before")
        return message("published_before", publication_no=self.publication_no)


def publish(
    warehouse: Warehouse,
    run_id: str,
    build_id: int,
    specs: Sequence[TableSpec] | None = None,
    *,
    lock_timeout: timedelta = READER_LOCK_TIMEOUT,
    wait: timedelta = timedelta(0),
) -> PublicationOutcome:
    """Publish an audited build; done twice it is done once. However it ends, the run's lease on the candidate is
    given back: what comes next is another build, or publishing this one again while nobody else built.

    The tables are by default those of the manifest that the build left. `lock_timeout` is how long a new column may
    wait for sessions that keep a lock, `wait` how long for another run. PublishingError says why nothing was
    published; ApprovalMissingError is raised where a figure or a month of a large fact changes so that somebody has to
    approve it first, CandidateLeasedError where another run is between its build and its publication.
    """
    tables = in_order(specs) if specs is not None else from_manifest_file(warehouse.manifest_path)
    with publisher(warehouse, run_id, wait) as session:
        outcome = _publish(session, run_id, build_id, tables, lock_timeout)
        refresh_statistics(session, outcome.changes)
    return outcome


@contextmanager
def publisher(warehouse: Warehouse, run_id: str, wait: timedelta = timedelta(0)) -> Iterator[Session]:
    """Give the publisher's session while the run has the candidate, which is the turn to write into mart as well.

    Raises CandidateLeasedError where another run did not give it back within `wait`.
    """
    with lease.held(warehouse, run_id, role="publisher", wait=wait):
        try:
            with warehouse.connect("publisher", autocommit=True) as session:
                yield session
        finally:
            lease.release(warehouse, run_id, role="publisher")


@contextmanager
def one_snapshot(session: Session) -> Iterator[None]:
    """Keep one state of the database for a whole merge: what is compared is what is written."""
    session.isolation_level = IsolationLevel.REPEATABLE_READ
    with session.transaction():
        session.execute("set local work_mem = '128MB'; set local maintenance_work_mem = '256MB'")
        yield


def _publish(
    session: Session, run_id: str, build_id: int, specs: Sequence[TableSpec], lock_timeout: timedelta
) -> PublicationOutcome:
    build = publication_record.check_build(session, build_id)
    if build.is_published:
        return _published_earlier(session, build)
    tables = plan(specs, read_shapes(session, "candidate"), read_shapes(session, "mart"))
    extend(session, tables, lock_timeout)
    with one_snapshot(session):
        _hold_candidate(session, tables)
        publication_record.check_build(session, build_id)
        # In the publication's own snapshot: what was audited and approved is what is written.
        facts = large_facts_among(tables)
        comparison = compare(session, build_id, facts)
        require_audited(comparison)
        approval = require_approval(session, comparison)
        publication_no = publication_record.next_number(session)
        everything = [*tables, publication_record.files_table(build)]
        changes = merge(session, everything, comparison.facts.months, publication_no)
        describe(session, [table for table in tables if table.is_new])
        require_audited_tables(changes, tables, publication_record.audited_tables(session, build))
        if changes:
            published = contents_of(session, "mart", facts)
            require_conservation(comparison.facts.published, published, build.changed_months or ())
            state = publication_record.state_of(session, build)
            publication_record.record(session, publication_no, run_id, state, changes, approval)
            write_revisions(session, publication_no, comparison)
            write_fact_revisions(session, publication_no, comparison.facts.published, published)
        publication_record.mark_published(session, build)
    if not changes:
        return PublicationOutcome("unchanged", None)
    return PublicationOutcome("published", publication_no, tuple(changes))


def _published_earlier(session: Session, build: AuditedBuild) -> PublicationOutcome:
    query = "select publication_no from mart.publication where build_id = %s and reverted_to is null"
    return PublicationOutcome("already_published", scalar(session, query, [build.build_id]))


def _hold_candidate(session: Session, tables: Sequence[PlannedTable]) -> None:
    """Keep dbt from replacing a table while it is read; before the first query, which takes the snapshot."""
    try:
        session.execute(
            sql.SQL("lock table {} in access share mode").format(
                sql.SQL(", ").join(table.source for table in tables)
            )
        )
    except errors.UndefinedTable as gone:
        raise CandidateRebuiltError(message("candidate_being_rebuilt", problem=gone)) from gone


def refresh_statistics(session: Session, changes: Sequence[TableChange]) -> None:
    """Tell the planner of readers' queries about tables of which a tenth changed; nobody waits for it.

    The server does so by itself in time, but not for a partitioned table as a whole. A smaller sample than the
    server's own takes a quarter of the time: 0.7 s instead of 2.6 s for a million rows in twelve months.
    """
    session.execute("set default_statistics_target = 25")
    for change in changes:
        if change.total * 10 > change.rows_in_table:
            session.execute(sql.SQL("analyze {}").format(sql.Identifier("mart", change.table_name)))
