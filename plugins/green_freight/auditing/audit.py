"""One audit of one build: every suite, one result per expectation, then the decision."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from green_freight.auditing import audit_views, gx_context
from green_freight.auditing.expectations import Suite, read_suites
from green_freight.auditing.published_audit import published_audit
from green_freight.auditing.results import ExpectationResult, in_order_of_weight, record
from green_freight.auditing.verdict_page import write_page
from green_freight.errors import PermanentError
from green_freight.messages import message
from green_freight.publishing.specs import from_manifest_file
from green_freight.warehouse import Warehouse

log = logging.getLogger(__name__)


class AuditFailedError(PermanentError):
    """A critical expectation failed, so nothing may be published; the message lists each with its rows."""


@dataclass(frozen=True)
class AuditOutcome:
    """The results of an audit, and how many there are of each kind."""

    build_id: int
    results: tuple[ExpectationResult, ...]

    @property
    def counts(self) -> dict[str, int]:
        """Return the number of results by kind: passed, warning, critical."""
        return dict(Counter(result.code for result in self.results))


def audit(
    warehouse: Warehouse, run_id: str, build_id: int, suites: Sequence[Suite] | None = None
) -> AuditOutcome:
    """Evaluate every suite on a build's candidate, record the results, build the Data Docs, decide.

    The suites are by default those of the tables in the manifest that the build left. Expectations that read nothing
    that has changed since the last publication keep their results (`published_audit`). Raises AuditFailedError where a
    critical expectation failed, could not be evaluated, or was not evaluated at all.
    """
    if suites is None:
        suites = read_suites(from_manifest_file(warehouse.manifest_path))
    with warehouse.connect("builder") as builder:
        published = published_audit(builder, build_id)
    standing = [result for suite in suites for result in published.standing(suite)]
    evaluated = list(_without(suites, standing))
    audit_views.refresh(warehouse, suites, build_id)
    found = gx_context.validate(warehouse, evaluated, published) if evaluated else []
    results = sorted([*found, *standing], key=in_order_of_weight)
    outcome = AuditOutcome(build_id, tuple(results))
    record(warehouse, run_id, build_id, results)
    page = write_page(gx_context.data_docs_index(warehouse).parents[1], build_id, results)
    log.info(message("audit_results", build_id=build_id, counts=outcome.counts, page=page))
    log.info(message("audit_extent", evaluated=len(found), kept=len(standing)))
    for result in results:
        if not result.is_success:
            log.warning(result.sentence())
        elif result.change_code is not None:
            log.info(result.sentence())
    _decide(warehouse, run_id, build_id, failures(suites, results))
    return outcome


def _without(suites: Sequence[Suite], results: Sequence[ExpectationResult]) -> Iterator[Suite]:
    """Yield the suites without the expectations that have a result; none that is left without any."""
    known = {(result.table_name, result.expectation_code) for result in results}
    for suite in suites:
        left = tuple(one for one in suite.expectations if (suite.table, one.code) not in known)
        if left:
            yield replace(suite, expectations=left)


def failures(suites: Sequence[Suite], results: Sequence[ExpectationResult]) -> list[str]:
    """Return a sentence for each reason not to publish: a critical failure, or an expectation without a result.

    Great Expectations merges expectations that it takes for the same; one that has no result checks nothing.
    """
    found = [result.sentence() for result in results if result.code == "critical"]
    evaluated = {(result.table_name, result.expectation_code) for result in results}
    return found + [
        message("expectation_without_result", table=suite.table, expectation=one.code)
        for suite in suites
        for one in suite.expectations
        if (suite.table, one.code) not in evaluated
    ]


def _decide(warehouse: Warehouse, run_id: str, build_id: int, reasons: Sequence[str]) -> None:
    """Write the decision; a build that is published stays so when its audit task is run again."""
    with warehouse.connect("builder") as builder:
        builder.execute(
            "update ops.build set outcome_code = %s"
            " where build_id = %s and outcome_code is distinct from 'published'",
            ["rejected" if reasons else "audited", build_id],
        )
    if reasons:
        raise AuditFailedError(
            "\n- ".join([message("audit_failed", run_id=run_id, build_id=build_id), *reasons])
        )
