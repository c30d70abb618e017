"""Bringing a DAG run to its end from the command line: the DAG made ready, progress shown, issues collected."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from itertools import groupby
from operator import attrgetter
from typing import Any

import psycopg

from green_freight import backfill
from green_freight.agencies import AGENCIES
from green_freight.cli import run_issues
from green_freight.cli.airflow_client import DagRun, TaskState
from green_freight.cli.console import Steps
from green_freight.cli.errors import DagUnavailableError, NoResponseError
from green_freight.cli.installation import RunningAirflow
from green_freight.cli.progress_display import ProgressDisplay, Step
from green_freight.cli.run_issues import RunIssues
from green_freight.cli.scorecard import Row
from green_freight.messages import message
from green_freight.warehouse import scratch

BACKFILL = "backfill_history"
NIGHTLY = "nightly_refresh"
BULLETINS = "write_bulletin"
PARSE_DEADLINE_SECONDS = 60.0
# A request for a run takes Airflow a hundredth of a second of a processor, one for all its tasks four times as much.
POLL_SECONDS = 1.0
SHOW_SECONDS = 3.0
# A service that is started again after a fault responds within this time.
SILENCE_SECONDS = 120.0
ENDED = ("success", "failed", "skipped", "upstream_failed", "removed")
_LOADED = """
select agency_code, count(distinct (delivery_name, period_label)), count(distinct left(period_label, 7)),
       coalesce(sum(rows_loaded) filter (where outcome_code = 'loaded'), 0),
       coalesce(sum(rows_rejected) filter (where outcome_code = 'loaded'), 0)
from ops.run_load where run_id = %s group by agency_code order by agency_code
"""


@dataclass(frozen=True)
class Counts:
    """What the warehouse has taken from one agency since the run began."""

    files: int = 0
    months: int = 0
    rows_loaded: int = 0
    rows_rejected: int = 0

    @property
    def sentence(self) -> str:
        """Return the counts in words."""
        return (
            f"{self.months} 月 months · {self.files:,} 份 deliveries · {self.rows_loaded:,} 行 rows"
            f" · 拒收 rejected {self.rows_rejected:,}"
        )


@dataclass
class RunResult:
    """What a command's DAG runs came to: how they ended, step times, the scorecard, and issues."""

    runs: list[DagRun] = field(default_factory=list)
    seconds: dict[str, float] = field(default_factory=dict)
    scores: list[Row] = field(default_factory=list)
    issues: RunIssues = field(default_factory=lambda: run_issues.NONE)

    @property
    def is_success(self) -> bool:
        """Return whether every DAG run succeeded."""
        return bool(self.runs) and all(run.state == "success" for run in self.runs)

    @property
    def run_ids(self) -> list[str]:
        """Return the runs as `ops` names them, `dag_id/run_id`."""
        return [f"{run.dag_id}/{run.run_id}" for run in self.runs]

    def as_json(self) -> dict[str, Any]:
        """Return the result as plain data."""
        return {
            "state": "success" if self.is_success else "failed",
            "runs": [{"dag_id": run.dag_id, "run_id": run.run_id, "state": run.state} for run in self.runs],
            "seconds": self.seconds,
            "findings": dict(self.issues),
            "scorecard": self.scores,
        }


def make_ready(airflow: RunningAirflow, dag_id: str) -> None:
    """Unpause a DAG when this start of Airflow has read its file; DagUnavailableError where it cannot be imported."""
    deadline = time.monotonic() + PARSE_DEADLINE_SECONDS
    while (parsed_at := airflow.client.parsed_at(dag_id)) is None or parsed_at < airflow.started_at:
        errors = airflow.client.import_errors()
        if errors or time.monotonic() > deadline:
            traces = "\n".join(f"{name}:\n{trace}" for name, trace in errors.items())
            raise DagUnavailableError(message("dag_unreadable", dag_id=dag_id, traces=traces))
        time.sleep(0.2)
    airflow.client.unpause(dag_id)


def follow_run(airflow: RunningAirflow, begun: DagRun, title: str, steps: Steps, result: RunResult) -> None:
    """Follow a run to its end, showing its progress, and add it to the result; failed tasks are printed."""
    started, loaded = time.monotonic(), airflow.warehouse
    if begun.conf.get("dry_run"):  # it works on a copy
        loaded = scratch.named(airflow.warehouse, f"{begun.dag_id}/{begun.run_id}").warehouse
    with ProgressDisplay(steps.console) as display:
        ended = follow(airflow, begun, loaded.url("owner"), display)
    result.runs.append(ended)
    if ended.state == "success":
        steps.done(title, time.monotonic() - started)
        return
    steps.seconds[title] = round(time.monotonic() - started, 1)
    if not ended.is_finished:
        steps.print(f"[yellow]‖[/] {title}: 等待批准 · waits for an approval: {airflow.client.address}")
        return
    steps.print(f"[red]✗[/] {title}: {ended.state}")
    failed = [task for task in airflow.client.tasks(ended) if task.state == "failed"]
    run_issues.print_failed_tasks(airflow.task_logs, ended, failed, steps.console)


def summarise(
    tasks: Iterable[TaskState], now: datetime, counts: Mapping[str, Counts] | None = None
) -> list[Step]:
    """Return a run's steps, the mapped instances of a task together, by their begin (those that wait, last)."""
    by_name = attrgetter("task_id")
    steps = []
    for task_id, instances in groupby(sorted(tasks, key=by_name), by_name):
        group = list(instances)
        begun = min((task.started_at for task in group if task.started_at), default=None)
        ended = [task.ended_at or now for task in group if task.started_at]
        states = Counter(task.state or "waiting" for task in group)
        agency, _, part = task_id.partition(".")
        loaded = (counts or {}).get(agency) if part else None
        step = Step(
            name=task_id,
            title=f"{AGENCIES[agency].name_zh} {agency} {part}".strip() if agency in AGENCIES else task_id,
            state=state_of(states),
            done=_done(states),
            total=states.total(),
            seconds=(max(ended) - begun).total_seconds() if begun else 0.0,
            detail=loaded.sentence if loaded and loaded.files else "",
            failed=states["failed"],
            retrying=states["up_for_retry"],
        )
        steps.append((begun is None, begun or now, task_id, step))
    return [step for *_, step in sorted(steps, key=lambda one: one[:3])]


def state_of(states: Counter[str]) -> str:
    """Return the state of a task's instances in one word: waiting, running, success, failed, skipped."""
    is_over = _done(states) == states.total()
    if states["failed"] or states["upstream_failed"]:
        return "failed" if is_over else "running"
    if is_over:
        return "skipped" if states["skipped"] == states.total() else "success"
    begun = ("running", "queued", "up_for_retry", "restarting")
    return "running" if _done(states) or any(states[state] for state in begun) else "waiting"


def _done(states: Counter[str]) -> int:
    return sum(states[state] for state in ENDED)


def follow(airflow: RunningAirflow, run: DagRun, owner_url: str, display: ProgressDisplay) -> DagRun:
    """Show the run until it is over or waits for a person; return it as it is then.

    `owner_url` is the database that the run loads into: the warehouse, or a dry run's copy, which comes and goes.
    Raises NoResponseError where Airflow does not respond, or its scheduler does not work, for SILENCE_SECONDS; what
    `require_alive` raises, at once.
    """
    shown_at = float("-inf")
    worked_at = time.monotonic()
    counts: dict[str, Counts] = {}
    overall: str | None = None
    while True:
        try:
            run = airflow.client.run(run.dag_id, run.run_id)
            if run.is_finished or time.monotonic() - shown_at >= SHOW_SECONDS:
                tasks = airflow.client.tasks(run)
                counts, overall = count(owner_url, run) or (counts, overall)
                display.show(summarise(tasks, datetime.now().astimezone(), counts), overall)
                if run.is_finished or any(task.state == "awaiting_input" for task in tasks):
                    return run
                shown_at = time.monotonic()
                _require_scheduler(airflow, run)
                worked_at = shown_at
        except NoResponseError:
            airflow.require_alive()
            if time.monotonic() - worked_at >= SILENCE_SECONDS:
                raise
        time.sleep(POLL_SECONDS)


def _require_scheduler(airflow: RunningAirflow, run: DagRun) -> None:
    airflow.require_alive()
    state = airflow.client.scheduler_state()
    if state != "healthy":
        raise NoResponseError(message("scheduler_not_working", state=state, run=f"{run.dag_id}/{run.run_id}"))


def count(owner_url: str, run: DagRun) -> tuple[dict[str, Counts], str | None] | None:
    """Return what a run has loaded by agency, and how far a backfill is; None where the database is not there.

    Rows are those of loads with the outcome `loaded`; unchanged files count as files only.
    """
    run_id = f"{run.dag_id}/{run.run_id}"
    try:
        with psycopg.connect(owner_url, autocommit=True) as connection:
            progress = backfill.progress(connection, run_id)
            loaded = connection.execute(_LOADED, [run_id])
            counts = {agency: Counts(*map(int, numbers)) for agency, *numbers in loaded}
            is_loading = progress.months_done < progress.months_total
            return counts, progress.sentence if is_loading else None
    except (psycopg.OperationalError, psycopg.errors.UndefinedTable):
        return None
