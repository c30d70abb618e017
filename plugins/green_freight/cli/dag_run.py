"""Bringing a DAG run to its end from the command line: the DAG made ready, progress shown, issues collected."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import Any

from green_freight.cli import run_issues
from green_freight.cli.airflow_client import DagRun
from green_freight.cli.console import Steps
from green_freight.cli.errors import DagUnavailableError
from green_freight.cli.installation import RunningAirflow
from green_freight.cli.progress_display import ProgressDisplay
from green_freight.cli.run_issues import RunIssues
from green_freight.cli.run_progress import follow
from green_freight.cli.scorecard import Row, plain
from green_freight.warehouse import Warehouse, scratch

BACKFILL = "backfill_history"
NIGHTLY = "nightly_refresh"
PARSE_DEADLINE_SECONDS = 60.0


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
            "scorecard": [{name: plain(value) for name, value in row.items()} for row in self.scores],
        }


def make_ready(airflow: RunningAirflow, dag_id: str) -> None:
    """Wait until the DAG's file has been read by this start of Airflow, and unpause the DAG.

    Raises:
        DagUnavailableError: the file cannot be imported, or holds no such DAG.
    """
    deadline = time.monotonic() + PARSE_DEADLINE_SECONDS
    while (parsed_at := airflow.client.parsed_at(dag_id)) is None or parsed_at < airflow.started_at:
        errors = airflow.client.import_errors()
        if errors or time.monotonic() > deadline:
            traces = "\n".join(f"{name}:\n{trace}" for name, trace in errors.items())
            raise DagUnavailableError(
                f"Airflow 无法读取 DAG {dag_id} / Airflow cannot read the DAG {dag_id}:\n{traces}"
            )
        time.sleep(0.2)
    airflow.client.unpause(dag_id)


def follow_run(airflow: RunningAirflow, begun: DagRun, title: str, steps: Steps, result: RunResult) -> None:
    """Follow a run to its end, showing its progress, and add it to the result; failed tasks are printed."""
    started = time.monotonic()
    with ProgressDisplay(steps.console) as display:
        ended = follow(airflow.client, begun, _warehouse_of(airflow, begun).url("owner"), display)
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
    attempts = [(task.task_id, task.map_index, task.try_number) for task in failed]
    run_issues.print_failed_tasks(airflow.task_logs, ended.dag_id, ended.run_id, attempts, steps.console)


def _warehouse_of(airflow: RunningAirflow, run: DagRun) -> Warehouse:
    """Return the warehouse that a run loads into: a dry run works on a copy."""
    if not run.conf.get("dry_run"):
        return airflow.warehouse
    return scratch.named(airflow.warehouse, f"{run.dag_id}/{run.run_id}").warehouse
