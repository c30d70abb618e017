"""The tasks that the DAG files compose, between Airflow and the package; only the modules airflow_* import Airflow.

Heavy libraries (dbt, Great Expectations) are imported inside the tasks that need them: a DAG file is parsed
every few minutes and must not take seconds for them. The counts that a task returns stay one result
(`multiple_outputs=False`): Airflow would store each key of a `dict` by a request of its own.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from datetime import datetime, time, timedelta
from typing import Any

import psycopg
from airflow.providers.standard.exceptions import HITLTimeoutError
from airflow.providers.standard.operators.hitl import HITLOperator
from airflow.sdk import (
    Asset,
    AssetAlias,
    CronDataIntervalTimetable,
    ExceptionRetryPolicy,
    Param,
    RetryAction,
    RetryRule,
    TaskGroup,
    get_current_context,
    task,
)
from airflow.sdk.definitions.callback import SyncCallback
from airflow.sdk.definitions.deadline import DeadlineAlert
from airflow.sdk.exceptions import AirflowFailException, AirflowSkipException

from green_freight import business_days, pipeline, settings
from green_freight.agencies import AGENCIES
from green_freight.airflow_context import (
    business_day_of,
    connections_of,
    installed_warehouse,
    person_behind,
    run_id,
    run_params,
    run_warehouse,
)
from green_freight.airflow_mail import mail
from green_freight.airflow_runs import PublicationDeadline
from green_freight.backfill import steps as backfill
from green_freight.errors import PermanentError
from green_freight.messages import message
from green_freight.periods import SHANGHAI
from green_freight.programme import programme
from green_freight.reporting import alerts, morning_summary
from green_freight.revisions import ApprovalMissingError, rendering

log = logging.getLogger(__name__)

# 02:00 of the programme's first day: no run has an earlier logical date.
PROGRAMME_BEGINS = datetime.combine(programme().first_day, time(2), SHANGHAI)

# Doing these again gives the same: what the package calls permanent, a wrong setting, an error of the code.
POINTLESS_TO_REPEAT: list[type[BaseException] | str] = [
    PermanentError, settings.SettingError, settings.SettingMissingError,
    LookupError, TypeError, AttributeError, NotImplementedError,
    psycopg.ProgrammingError, psycopg.DataError, psycopg.IntegrityError,
]  # fmt: skip

# Every task is safe to repeat. Half a minute, doubled each time, outlasts a restart of the api-server or of PostgreSQL.
DEFAULT_ARGUMENTS: dict[str, Any] = {
    "owner": "green-freight",
    "retries": 4,
    "retry_delay": timedelta(seconds=30),
    "retry_exponential_backoff": True,
    "retry_policy": ExceptionRetryPolicy([RetryRule(POINTLESS_TO_REPEAT, RetryAction.FAIL)]),
}

# An agency that does not respond has been asked again for seconds inside the task; these are the retries of minutes.
FETCH_RETRIES: dict[str, Any] = {
    "retries": 2,
    "retry_delay": timedelta(seconds=settings.current().retry_delay_seconds),
}

# A night's changes that need an approval wait this long for it: until the evening before the next night.
APPROVAL_WAIT_HOURS = 16


# What other DAGs are scheduled on: an event for each new publication, with its number. The alias is what a task may add
# events to; a run that publishes nothing adds none.
PUBLICATION = Asset(name="green_freight_publication", uri="x-green-freight://publication")
PUBLISHED = AssetAlias(name="green_freight_published")

# The rule of a task that follows `begin` and others: whatever became of the others, but only where the run began.
AFTER_ANY_OUTCOME = "all_done_min_one_success"

# Readers expect a day's publication by 06:00 of the next morning, however its run was started.
PUBLISHED_BY_MORNING = DeadlineAlert(
    reference=PublicationDeadline(),
    interval=timedelta(0),
    callback=SyncCallback("green_freight.airflow_tasks.alert_when_unpublished"),
    name=f"published by {business_days.PUBLISHED_BY:%H:%M}",
)


def nightly_agency(agency: str) -> TaskGroup:
    """Return the task group of one agency in the nightly run: fetch what is due, then load what has landed."""
    with _group(agency) as group:
        fetch = fetch_due.override(
            task_id="fetch", task_display_name="取数 Fetch", pool=agency, **FETCH_RETRIES
        )
        load = load_landed.override(
            task_id="load", task_display_name="装载 Load", trigger_rule=AFTER_ANY_OUTCOME
        )
        # What did arrive is loaded, even where one delivery of the agency failed.
        fetch(agency) >> load(agency)
    return group


def backfill_agency(agency: str) -> TaskGroup:
    """Return the task group of one agency in a backfill: its months side by side, within the agency's pool."""
    with _group(agency) as group:
        months = months_to_load.override(task_id="months", task_display_name="列出月份 List months")(agency)
        load = load_months.override(
            task_id="month", task_display_name="取数并装载 Fetch and load", pool=agency, **FETCH_RETRIES
        )
        load.partial(agency=agency).expand(months=months)
    return group


def _group(agency: str) -> TaskGroup:
    named = AGENCIES[agency]
    return TaskGroup(group_id=agency, group_display_name=f"{named.name_zh} {named.name_en}")


@task(task_id="begin", task_display_name="开始 Begin")
def begin_nightly() -> str:
    """Record the run and its business day; every other task reads the day from there."""
    day = business_day_of(get_current_context())
    is_typed = bool(run_params().get("business_day"))
    pipeline.begin_nightly(installed_warehouse(), run_id(), day, is_typed=is_typed)
    return day.isoformat()


@task(task_id="begin", task_display_name="开始 Begin")
def begin_backfill() -> str:
    """Check the request and record the backfill; a dry run gets a copy of the warehouse to work on."""
    params = run_params()
    begin = backfill.begin_dry_run if params["dry_run"] else backfill.begin_backfill
    begin(installed_warehouse(), run_id(), params)
    return str(params["reason"])


@task
def months_to_load(agency: str) -> list[list[str]]:
    """Return the months that the backfill takes from one agency, in groups; none where it was not requested."""
    return backfill.backfill_months(run_warehouse(), run_id(), agency, run_params())


@task(multiple_outputs=False)
def fetch_due(agency: str) -> dict[str, int]:
    """Fetch and land what is due from one agency."""
    return pipeline.fetch_due(installed_warehouse(), run_id(), agency, connections_of(agency))


@task(multiple_outputs=False)
def load_landed(agency: str) -> dict[str, int]:
    """Load what has landed from one agency and is not in the warehouse yet."""
    return pipeline.load_landed(installed_warehouse(), run_id(), agency)


@task(map_index_template="{{ months }}", multiple_outputs=False)
def load_months(agency: str, months: list[str]) -> dict[str, int]:
    """Fetch, land and load some months of one agency."""
    context: Any = get_current_context()
    context["months"] = "–".join(sorted({months[0], months[-1]}))
    connections = connections_of(agency)
    return backfill.load_months(run_warehouse(), run_id(), agency, months, connections, run_params())


@task(task_id="build", task_display_name="构建 Build", pool="warehouse", multiple_outputs=False)
def build_candidate() -> dict[str, Any]:
    """Build the candidate star with dbt, after waiting for any other run that is between build and publish."""
    return pipeline.build(run_warehouse(), run_id())


@task(task_id="audit", task_display_name="审核 Audit", pool="warehouse", multiple_outputs=False)
def audit_candidate() -> dict[str, Any]:
    """Audit the candidate with Great Expectations; a critical failure stops the publication."""
    return pipeline.audit(run_warehouse(), run_id())


@task(task_id="compare", task_display_name="比较 Compare", pool="warehouse", multiple_outputs=False)
def compare_candidate() -> dict[str, Any]:
    """Compare the candidate with what is published, figures and large facts; a dry run ends here and shows it."""
    found = pipeline.compare(run_warehouse(), run_id())
    if run_params().get("dry_run"):
        backfill.end_dry_run(installed_warehouse(), run_id())
        raise AirflowSkipException(message("dry_run_over"))
    pipeline.require_audited(installed_warehouse(), run_id())
    return found


class AskForApproval(HITLOperator):
    """Wait for a person where a change needs an approval (green_freight.revisions.approval_rules); else go on at once.

    The person sees each such figure with old and new value under *Required Actions*, approves or rejects, and gives
    a reason. A run that has its approval in advance (parameter `approve`) or may not wait (`approval_wait_hours` 0)
    does not wait.
    """

    APPROVE = "批准 Approve"
    REJECT = "不批准 Reject"

    def execute(self, context: Any) -> Any:
        """Go on, record an approval given in advance, or defer the task until a person has responded."""
        warehouse = installed_warehouse()
        waiting = pipeline.outstanding(warehouse, run_id())
        params = context["params"]
        if not waiting:
            return message("no_approval_needed")
        if params.get("approve"):
            pipeline.approve(warehouse, run_id(), person_behind(context), params["approve"])
            return params["approve"]
        hours = params.get("approval_wait_hours", APPROVAL_WAIT_HOURS)
        if not hours:
            raise AirflowFailException(str(ApprovalMissingError(waiting)))
        self.body = rendering.table(waiting, str(params.get("reason") or run_id()))
        self.response_timeout = timedelta(hours=hours)
        log.warning("%s", ApprovalMissingError(waiting))
        return super().execute(context)

    def execute_complete(self, context: Any, event: dict[str, Any]) -> Any:
        """Record the response; a rejection, or none in time, ends the run without a publication."""
        try:
            response = super().execute_complete(context, event)
        except HITLTimeoutError as error:
            raise AirflowFailException(message("approval_timed_out")) from error
        person = (response["responded_by_user"] or {}).get("name") or "?"
        reason = (response["params_input"].get("approval_reason") or "").strip()
        if response["chosen_options"] != [self.APPROVE]:
            reasons = {"reason_zh": reason or "未填写", "reason_en": reason or "none given"}
            raise AirflowFailException(message("approval_rejected", person=person, **reasons))
        if not reason:
            raise AirflowFailException(message("approval_without_reason"))
        pipeline.approve(installed_warehouse(), run_id(), person, reason)
        return reason


def ask_for_approval() -> AskForApproval:
    """Return the task `approve`: a form with the changes, two options and a reason."""
    reason = Param(
        None,
        type=["null", "string"],
        title="理由 · Why",
        description="随发布保存 · kept with the publication",
    )
    return AskForApproval(
        task_id="approve",
        task_display_name="批准 Approve",
        subject="批准变化 · Approve changes",
        options=[AskForApproval.APPROVE, AskForApproval.REJECT],
        params={"approval_reason": reason},
    )


@task(
    task_id="publish",
    task_display_name="发布 Publish",
    pool="warehouse",
    multiple_outputs=False,
    outlets=[PUBLISHED],
)
def publish_candidate() -> dict[str, Any]:
    """Publish the audited candidate in one transaction."""
    published = pipeline.publish(installed_warehouse(), run_id())
    _announce(published["publication_no"])
    return published


@task(task_id="revert", task_display_name="回退 Revert", pool="warehouse", outlets=[PUBLISHED])
def revert_publication() -> int | None:
    """Publish the state of an earlier publication again; return the new publication's number."""
    context = get_current_context()
    params = context["params"]
    outcome = backfill.revert(
        installed_warehouse(), run_id(), params["publication"], params["reason"], person_behind(context)
    )
    _announce(outcome.publication_no)
    return outcome.publication_no


def _announce(publication_no: int | None) -> None:
    """Add an event to the asset PUBLICATION; a run that published nothing new has no number and adds none."""
    if publication_no is not None:
        extra: dict[str, Any] = {"publication_no": publication_no, "run_id": run_id()}
        get_current_context()["outlet_events"][PUBLISHED].add(PUBLICATION, extra=extra)


@task(task_display_name="报告 Report")
def report() -> str:
    """Write what was published, what changed and what is stale into the log, and close the run."""
    text = pipeline.report(installed_warehouse(), run_id())
    for line in text.splitlines():
        log.info(line)
    return text


@task(task_display_name="未更新的数据 Stale data")
def warn_stale() -> list[str]:
    """Name the datasets that are not complete up to the business day; skipped where there are none."""
    stale = pipeline.stale_datasets(installed_warehouse(), run_id())
    if not stale:
        raise AirflowSkipException(message("no_stale_data"))
    for line in stale:
        log.warning(line)
    return stale


@task(task_id="write", task_display_name="生成通报 Write bulletins", multiple_outputs=False)
def write_bulletins() -> list[str]:
    """Write the bulletin of each month that is closed and has none; skipped where there is no such month."""
    # Word and Excel take half a second to import.
    from green_freight.documents.issued_bulletins import issue_bulletins

    written = []
    for place in issue_bulletins(installed_warehouse(), settings.bulletins_url()):
        log.info("%s", message("bulletin_written", place=place))
        written.append(place)
    if not written:
        raise AirflowSkipException(message("no_bulletin_due"))
    return written


@task(task_id="send", task_display_name="发送 Send")
def send_morning_summary() -> str:
    """Send what is published, behind, stale and waiting for an approval; skipped where nobody is to get it."""
    current = settings.current()
    if not (current.morning_summary and (current.alert_url or current.alert_mail_to)):
        raise AirflowSkipException(message("summary_off"))
    text = morning_summary.text(installed_warehouse())
    log.info("%s", text)
    if failed := alerts.notify(text, mail()):
        raise AirflowFailException(message("summary_not_accepted", receivers=", ".join(failed)))
    return text


def morning_schedule() -> CronDataIntervalTimetable | None:
    """Return when the morning summary is sent; None where it is not switched on."""
    is_on = settings.current().morning_summary
    return CronDataIntervalTimetable("30 6 * * *", timezone="Asia/Shanghai") if is_on else None


def alert_when_unpublished(context: Mapping[str, Any]) -> None:
    """Alert that nothing was published for a run's business day by its deadline (06:00 of the next morning)."""
    # A deadline's context is plain JSON of the REST API, not the objects that a task gets.
    run = context["dag_run"]
    names = ("logical_date", "data_interval_start", "run_after")
    logical_date, interval_start, began = (_moment(run.get(name)) for name in names)
    asked = (run.get("conf") or {}).get("business_day")
    day = business_days.of_run(asked, logical_date, interval_start, began)
    warehouse, of_run = installed_warehouse(), f"{run['dag_id']}/{run['dag_run_id']}"
    pipeline.alert_when_unpublished(warehouse, of_run, day, began, mail())


def _moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
