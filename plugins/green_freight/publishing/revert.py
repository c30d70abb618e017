"""Going back: an earlier publication's state published again as a new publication, by the same merge.

Nothing is taken back: what was published in between stays in the history. Its source is `mart_asof`, so it needs no
candidate and no build; the candidate of the next build is not touched. What a revert takes away must not come back
unseen: the next build that brings it back needs an approval (green_freight.revisions.approval_rules).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from graphlib import TopologicalSorter

from psycopg import sql
from psycopg.rows import class_row

from green_freight.messages import message
from green_freight.publishing.audited_months import large_facts_among
from green_freight.publishing.errors import PublishingError
from green_freight.publishing.merge import merge
from green_freight.publishing.plan import VERSION_COLUMN, PlannedTable, models
from green_freight.publishing.publication import (
    PublicationOutcome,
    one_snapshot,
    publisher,
    refresh_statistics,
)
from green_freight.publishing.publication_record import State, next_number, record
from green_freight.publishing.specs import Shape, read_shapes
from green_freight.revisions import (
    Approval,
    compare_with_past,
    contents_of,
    write_fact_revisions,
    write_revisions,
)
from green_freight.revisions.figure_diff import FIGURES
from green_freight.warehouse import Session, Warehouse, pin, scalar

FILES = "publication_file"

_PAST = """
select publication_no, as_of_date, code_version, build_id, stale_agencies, verdict_passed_count, verdict_warning_count
from mart.publication where publication_no = %s
"""

# The person who goes back has decided it: that is the approval, and the run's reason is its reason.
_APPROVAL = """
select run_id, %s as approved_by, reason, clock_timestamp() as approved_at from ops.run where run_id = %s
"""


class PublicationNotFoundError(PublishingError):
    """There is no publication of that number to go back to."""


@dataclass(frozen=True)
class PastPublication(State):
    """A publication to go back to."""

    publication_no: int


def past_publication(session: Session, publication_no: int) -> PastPublication:
    """Return the publication of a number; PublicationNotFoundError where there is none."""
    with session.cursor(row_factory=class_row(PastPublication)) as cursor:
        found = cursor.execute(_PAST, [publication_no]).fetchone()
    if found is None:
        raise PublicationNotFoundError(message("no_such_publication", publication_no=publication_no))
    return found


def revert(
    warehouse: Warehouse, run_id: str, publication_no: int, reverted_by: str, wait: timedelta = timedelta(0)
) -> PublicationOutcome:
    """Publish the state of an earlier publication again, as the newest one.

    The run's reason is kept with the publication; `reverted_by` stands as the approval, for somebody has decided it.
    `wait` is how long to wait for a run that is between its build and its publication, before CandidateLeasedError.
    """
    with publisher(warehouse, run_id, wait) as session:
        past = past_publication(session, publication_no)
        with one_snapshot(session):
            outcome = _publish_again(session, run_id, past, reverted_by)
        refresh_statistics(session, outcome.changes)
    return outcome


def _publish_again(
    session: Session, run_id: str, past: PastPublication, reverted_by: str
) -> PublicationOutcome:
    shapes = read_shapes(session, "mart")
    tables = _tables(shapes)
    publication_no = next_number(session)
    comparison = compare_with_past(session, past.publication_no, past.build_id) if FIGURES in shapes else None
    facts = large_facts_among(tables)
    before = contents_of(session, "mart", facts)
    pin(session, past.publication_no)
    changes = merge(session, tables, None, publication_no)
    if not changes:
        # A run that was killed after its transaction has published already.
        own = scalar(session, "select max(publication_no) from mart.publication where run_id = %s", [run_id])
        return PublicationOutcome("already_published" if own else "unchanged", own)
    with session.cursor(row_factory=class_row(Approval)) as cursor:
        approval = cursor.execute(_APPROVAL, [reverted_by, run_id]).fetchone()
    record(session, publication_no, run_id, past, changes, approval, reverted_to=past.publication_no)
    if comparison is not None:
        write_revisions(session, publication_no, comparison)
    write_fact_revisions(session, publication_no, before, contents_of(session, "mart", facts))
    return PublicationOutcome("published", publication_no, tuple(changes))


def _tables(shapes: Mapping[str, Shape]) -> list[PlannedTable]:
    """Return the published tables, referenced ones first, each with its own past as source."""
    parents = {
        name: {key.references for key in shape.foreign_keys} - {name}
        for name, shape in sorted(models(shapes).items())
    }
    order = [*TopologicalSorter(parents).static_order(), FILES]
    return [_table(shapes[name]) for name in order]


def _table(shape: Shape) -> PlannedTable:
    return PlannedTable(
        name=shape.name,
        columns={name: kind for name, kind in shape.columns.items() if name != VERSION_COLUMN},
        key=shape.primary_key,
        source=sql.Identifier("mart_asof", shape.name),
        partition_column=shape.partition_column,
    )
