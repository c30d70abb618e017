"""May this build be published? Asked before anything is touched, and again within the publication itself."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from green_freight.publishing.errors import CandidateRebuiltError, NotAuditedError, PublishingError
from green_freight.warehouse import Session

_BUILD = """
select b.build_id, b.run_id, b.outcome_code, b.as_of_date, b.changed_months, b.through_load_id, b.code_version,
    count(v.*) filter (where v.is_success) as passed,
    count(v.*) filter (where not v.is_success and v.severity_code = 'warning') as warnings,
    count(v.*) filter (where not v.is_success and v.severity_code = 'critical') as failures
from ops.build as b
left join ops.verdict as v on v.build_id = b.build_id
where b.build_id = %s
group by b.build_id
"""


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
    """Return the build if the candidate still is that build and its audit was passed.

    A build that is published already passes too, whatever was built since: publishing it again does nothing.

    Raises:
        PublishingError: there is no such build.
        NotAuditedError: its audit is missing, unfinished or failed.
        CandidateRebuiltError: a later build has begun since.
    """
    row = session.execute(_BUILD, [build_id]).fetchone()
    if row is None:
        raise PublishingError(
            f"没有构建 {build_id}，未发布任何内容；请先运行构建。 / "
            f"There is no build {build_id}, so nothing was published; run a build first."
        )
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
            f"运行 {later[1]} 之后又做了构建 {later[0]}，candidate 已不是构建 {build_id}，未发布任何内容；"
            "请重新构建并审核。 / "
            f"The candidate is not build {build_id} any more: run {later[1]} has made build {later[0]} since. Nothing "
            "was published; build and audit again."
        )
    return build


def _check_audit(build: AuditedBuild) -> None:
    if build.outcome_code != "audited":
        raise NotAuditedError(
            f"构建 {build.build_id} 的状态是 {build.outcome_code or '未完成'}，未发布任何内容；"
            "只有审核通过的构建才能发布。 / "
            f"Build {build.build_id} was not published, because its state is {build.outcome_code or 'unfinished'}: "
            "only an audited one is published."
        )
    if build.verdicts_failed:
        raise NotAuditedError(
            f"构建 {build.build_id} 有 {build.verdicts_failed} 条严重校验规则未通过，未发布任何内容；"
            "请在表 ops.verdict 中查看，更正后重新构建并审核。 / "
            f"Build {build.build_id} breaks {build.verdicts_failed} critical expectations, so nothing was published; "
            "the table ops.verdict lists them. Correct the data, then build and audit again."
        )
    if not build.verdicts_passed + build.verdicts_warning:
        raise NotAuditedError(
            f"构建 {build.build_id} 没有任何审核结果，未发布任何内容；请重新运行审核。 / "
            f"Build {build.build_id} has no verdict at all, so nothing was published; run its audit again."
        )
