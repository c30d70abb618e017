"""One audit of one build: every suite, one verdict an expectation, then the decision."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from green_freight.auditing import audit_views, gx_context, result_page
from green_freight.auditing.results import Verdict, record
from green_freight.auditing.suites import EXPECTATIONS, Suite, read_suites
from green_freight.errors import PermanentError
from green_freight.warehouse import connect

log = logging.getLogger(__name__)


class AuditFailedError(PermanentError):
    """A critical expectation failed, so nothing may be published; the message lists each with its rows."""


@dataclass(frozen=True)
class AuditOutcome:
    """What an audit found: its verdicts, and how many of each kind."""

    build_id: int
    verdicts: tuple[Verdict, ...]

    @property
    def counts(self) -> dict[str, int]:
        """Return the number of verdicts by kind: passed, warning, critical."""
        return dict(Counter(verdict.kind for verdict in self.verdicts))


def audit(run_id: str, build_id: int, expectations: Path = EXPECTATIONS) -> AuditOutcome:
    """Judge a build's candidate by every suite of a file context, keep the verdicts, build the Data Docs.

    Raises:
        AuditFailedError: a critical expectation failed, could not be evaluated, or was not evaluated at all.
    """
    suites = read_suites(expectations)
    audit_views.refresh(suites, build_id)
    verdicts = gx_context.judge(suites, expectations)
    outcome = AuditOutcome(build_id, tuple(verdicts))
    record(run_id, build_id, verdicts)
    page = result_page.write(gx_context.data_docs_index().parents[1], build_id, verdicts)
    log.info("audit of build %s: %s; to read: %s", build_id, outcome.counts, page)
    for verdict in verdicts:
        if not verdict.is_success:
            log.warning(verdict.sentence())
    _decide(run_id, build_id, failures(suites, verdicts))
    return outcome


def failures(suites: Sequence[Suite], verdicts: Sequence[Verdict]) -> list[str]:
    """Return a sentence for each reason not to publish: a critical failure, or an expectation without a verdict.

    Great Expectations merges expectations that it takes for the same; one that is not judged guards nothing.
    """
    found = [verdict.sentence() for verdict in verdicts if verdict.kind == "critical"]
    judged = {(verdict.table_name, verdict.expectation_code) for verdict in verdicts}
    for suite in suites:
        for code in (one["meta"]["code"] for one in suite.expectations):
            if (suite.table, code) not in judged:
                found.append(f"critical {suite.table}.{code}: 未被评判 / was not judged")
    return found


def _decide(run_id: str, build_id: int, reasons: Sequence[str]) -> None:
    _mark_build(build_id, "rejected" if reasons else "audited")
    if reasons:
        raise AuditFailedError(
            f"审核未通过，未发布，读者仍看到上一次发布 / the audit of build {build_id} ({run_id}) failed, nothing is "
            "published and readers keep the last publication:\n- " + "\n- ".join(reasons)
        )


def _mark_build(build_id: int, outcome_code: str) -> None:
    """Write the decision; a build that is published stays so when its audit task is run again."""
    with connect("builder") as warehouse:
        warehouse.execute(
            "update ops.build set outcome_code = %s"
            " where build_id = %s and outcome_code is distinct from 'published'",
            [outcome_code, build_id],
        )
