"""May this build be published? Asked before anything is touched, and again within the publication itself."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from green_freight.messages import message
from green_freight.publishing.errors import CandidateRebuiltError, NotAuditedError, PublishingError
from green_freight.warehouse import Session
from green_freight.warehouse.statements import statements

_SQL = statements(__file__)


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


def check(session: Session, build_id: int) -> AuditedBuild:
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
    later = session.execute(
        "select build_id, run_id from ops.build where build_id > %s order by build_id desc limit 1",
        [build_id],
    ).fetchone()
    if later:
        raise CandidateRebuiltError(
            message("candidate_rebuilt", later_run=later[1], later_build=later[0], build_id=build_id)
        )
    return build


def _check_audit(build: AuditedBuild) -> None:
    if build.outcome_code != "audited":
        states = {"state_zh": build.outcome_code or "未完成", "state_en": build.outcome_code or "unfinished"}
        raise NotAuditedError(message("build_not_audited", build=build, **states))
    if build.verdicts_failed:
        raise NotAuditedError(message("build_failed_audit", build=build))
    if not build.verdicts_passed + build.verdicts_warning:
        raise NotAuditedError(message("build_without_results", build=build))
