"""The tasks that the DAG files compose: thin glue between Airflow and the package, and the only module that
imports Airflow.

Heavy libraries (dbt, Great Expectations) are imported inside the tasks that need them: a DAG file is parsed
every half minute and must not pay seconds for them.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any

from airflow.sdk import BaseHook, TaskGroup, get_current_context, task
from airflow.sdk.exceptions import AirflowFailException, AirflowSkipException

from green_freight import pipeline
from green_freight.agencies import Connection
from green_freight.errors import AgencyUnavailable, PermanentError
from green_freight.loading import LoadStopped
from green_freight.periods import business_day
from green_freight.settings import ROLES

log = logging.getLogger(__name__)

# A transient failure has been retried for seconds inside the task; these are the retries of minutes.
DEFAULT_ARGUMENTS: dict[str, Any] = {
    "owner": "green-freight",
    "retries": 2,
    "retry_delay": timedelta(seconds=float(os.environ.get("GREEN_FREIGHT_RETRY_DELAY_SECONDS", "300"))),
    "retry_exponential_backoff": True,
}

# Airflow connections by agency: the agency's own service and, for the power company, its file drop beside it.
AGENCY_CONNECTIONS: Mapping[str, tuple[str, ...]] = {
    "transport": ("transport",),
    "commerce": ("commerce",),
    "postal": ("postal",),
    "power": ("power", "power_files"),
}


def nightly_agency(agency: str) -> TaskGroup:
    """Return the task group of one agency in the nightly run: fetch what is due, then load what has landed."""
    with TaskGroup(group_id=agency) as group:
        fetched = fetch_due.override(task_id="fetch", pool=agency)(agency)
        # What did arrive is loaded, even where one delivery of the agency failed.
        fetched >> load_landed.override(task_id="load", trigger_rule="all_done")(agency)
    return group


def backfill_agency(agency: str) -> TaskGroup:
    """Return the task group of one agency in a backfill: its months side by side, within the agency's pool."""
    with TaskGroup(group_id=agency) as group:
        months = months_to_load.override(task_id="months")(agency)
        take_months.override(task_id="month", pool=agency).partial(agency=agency).expand(months=months)
    return group


@task(task_id="begin", retries=0)
def begin_nightly() -> str:
    """Record the run and its business day; every other task reads the day from there."""
    context = _context()
    asked = context["params"].get("business_day")
    day = date.fromisoformat(asked) if asked else business_day(context["data_interval_start"])
    pipeline.begin(_run_id(), "nightly", day, reason="nightly refresh")
    log.info("business day %s · 业务日 %s", day, day)
    return day.isoformat()


@task(task_id="begin", retries=0)
def begin_backfill() -> str:
    """Record the backfill and the last business day it may load."""
    context = _context()
    params = context["params"]
    asked = params.get("business_day")
    until = date.fromisoformat(asked) if asked else pipeline.yesterday()
    pipeline.begin(_run_id(), "backfill", until, reason=params["reason"])
    return until.isoformat()


@task(retries=0)
def months_to_load(agency: str) -> list[list[str]]:
    """Return the months that the backfill takes from one agency, in groups; none where it was not asked for."""
    params = _context()["params"]
    if agency not in params["agencies"]:
        return []
    return pipeline.backfill_months(_run_id(), params["from_month"], params["to_month"])


@task
def fetch_due(agency: str) -> dict[str, int]:
    """Fetch and land whatever is due from one agency."""
    with _agency_errors(agency):
        return pipeline.fetch_due(_run_id(), agency, _connections(agency))


@task(retries=0)
def load_landed(agency: str) -> dict[str, int]:
    """Load what has landed from one agency and is not in the warehouse yet."""
    with _agency_errors(agency):
        return pipeline.load_landed(_run_id(), agency)


@task(map_index_template="{{ months }}")
def take_months(agency: str, months: list[str]) -> dict[str, int]:
    """Fetch, land and load some months of one agency."""
    _context()["months"] = "–".join(sorted({months[0], months[-1]}))
    with _agency_errors(agency):
        return pipeline.take_months(_run_id(), agency, months, _connections(agency))


@task(task_id="build", pool="warehouse", retries=0)
def build_candidate() -> dict[str, Any]:
    """Build the candidate star with dbt, after waiting for any other run that is between build and publish."""
    _enter_warehouse()
    return pipeline.build(_run_id())


@task(task_id="audit", pool="warehouse", retries=0)
def audit_candidate() -> dict[str, Any]:
    """Audit the candidate with Great Expectations; a critical failure stops the publication."""
    _enter_warehouse()
    return pipeline.audit(_run_id())


@task(task_id="publish", pool="warehouse", retries=0)
def publish_candidate() -> dict[str, Any]:
    """Publish the audited candidate in one transaction."""
    _enter_warehouse()
    return pipeline.publish(_run_id())


@task(retries=0)
def report() -> str:
    """Write what was published, what changed and what is stale into the log, and close the run."""
    _enter_warehouse()
    text = pipeline.report(_run_id())
    for line in text.splitlines():
        log.info(line)
    return text


@task(retries=0)
def warn_stale() -> list[str]:
    """Name the datasets that are not complete up to the business day; skipped where there are none."""
    _enter_warehouse()
    stale = pipeline.stale_datasets(_run_id())
    if not stale:
        raise AirflowSkipException("every agency delivered · 各部门数据齐全")
    for line in stale:
        log.warning(line)
    return stale


def alert_when_unpublished(context: Mapping[str, Any]) -> None:
    """Alert that nothing was published for a run's business day by its deadline (06:00 of the next morning)."""
    _enter_warehouse()
    # A deadline's context is plain JSON of the REST API, not the objects that a task gets.
    run = context["dag_run"]
    logical_date = datetime.fromisoformat(run["logical_date"])
    pipeline.alert_when_unpublished(f"{run['dag_id']}/{run['dag_run_id']}", logical_date)


class _agency_errors:
    """Tell Airflow which failures are worth another try: an agency that did not answer is, a broken file is not."""

    def __init__(self, agency: str) -> None:
        self.agency = agency

    def __enter__(self) -> None:
        _enter_warehouse()

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: object) -> None:
        if isinstance(error, AgencyUnavailable):
            log.warning("%s: %s", self.agency, error)
        elif isinstance(error, PermanentError | LoadStopped):
            raise AirflowFailException(str(error)) from error


def _context() -> Any:
    _enter_warehouse()
    return get_current_context()


def _run_id() -> str:
    run = get_current_context()["dag_run"]
    return f"{run.dag_id}/{run.run_id}"


def _connections(agency: str) -> dict[str, Connection]:
    """Return the agency's Airflow connections in the package's own plain form."""
    found = {}
    for name in AGENCY_CONNECTIONS[agency]:
        kept = BaseHook.get_connection(name)
        found[name] = Connection(
            host=kept.host or "",
            port=kept.port or 0,
            login=kept.login or "",
            password=kept.password or "",
            extra={key: str(value) for key, value in kept.extra_dejson.items()},
        )
    return found


def _enter_warehouse() -> None:
    """Take the warehouse's URLs from the Airflow connections `warehouse_<role>` where the environment has none."""
    for role in ROLES:
        name = f"GREEN_FREIGHT_{role.upper()}_URL"
        if name not in os.environ:
            kept = BaseHook.get_connection(f"warehouse_{role}")
            os.environ[name] = kept.get_uri().replace("postgres://", "postgresql://", 1)
