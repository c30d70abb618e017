"""Following a DAG run step by step: what each step has done so far, told while it happens."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime

import psycopg

from green_freight import backfill
from green_freight.cli.airflow_client import AirflowClient, DagRun, TaskState

POLL_SECONDS = 0.5
COUNT_SECONDS = 2.0
ENDED = ("success", "failed", "skipped", "upstream_failed", "removed")


@dataclass(frozen=True)
class StepState:
    """One task of a run, all its mapped instances together."""

    task_id: str
    states: Counter[str]
    seconds: float

    @property
    def total(self) -> int:
        """How many instances the step has."""
        return self.states.total()

    @property
    def done(self) -> int:
        """How many of them are over, well or not."""
        return sum(self.states[state] for state in ENDED)

    @property
    def state(self) -> str:
        """The step's state in one word: waiting, running, success, failed, skipped."""
        if self.states["failed"] or self.states["upstream_failed"]:
            return "failed" if self.done == self.total else "running"
        if self.done == self.total:
            return "skipped" if self.states["skipped"] == self.total else "success"
        return "running" if self.done or self.states["running"] or self.states["queued"] else "waiting"


@dataclass(frozen=True)
class Counts:
    """What the warehouse has taken from one agency since the run began."""

    files: int = 0
    months: int = 0
    rows_loaded: int = 0
    rows_rejected: int = 0


@dataclass(frozen=True)
class Progress:
    """A run at one moment."""

    run: DagRun
    steps: tuple[StepState, ...]
    counts: dict[str, Counts] = field(default_factory=dict)
    overall: str | None = None


def summarise(tasks: Iterable[TaskState], now: datetime) -> tuple[StepState, ...]:
    """Return a run's steps in the order in which they began (those that have not, last)."""
    by_task: dict[str, list[TaskState]] = {}
    for task in tasks:
        by_task.setdefault(task.task_id, []).append(task)
    steps = []
    for task_id, group in by_task.items():
        begun = [task.started_at for task in group if task.started_at]
        ended = [task.ended_at or now for task in group if task.started_at]
        seconds = (max(ended) - min(begun)).total_seconds() if begun else 0.0
        states = Counter(task.state or "waiting" for task in group)
        steps.append((min(begun, default=None), StepState(task_id, states, seconds)))
    steps.sort(key=lambda pair: (pair[0] is None, pair[0] or now, pair[1].task_id))
    return tuple(step for _, step in steps)


def follow(airflow: AirflowClient, run: DagRun, owner_url: str, show: Callable[[Progress], None]) -> DagRun:
    """Call `show` again and again until the run is over or waits for a person; return it as it is then.

    `owner_url` is the database that the run loads into: the warehouse, or a dry run's copy, which comes and goes.
    """
    counted_at = 0.0
    counts: dict[str, Counts] = {}
    overall: str | None = None
    while True:
        run = airflow.run(run.dag_id, run.run_id)
        steps = summarise(airflow.tasks(run), datetime.now().astimezone())
        if run.is_finished or time.monotonic() - counted_at > COUNT_SECONDS:
            counts, overall = count(owner_url, run) or (counts, overall)
            counted_at = time.monotonic()
        show(Progress(run, steps, counts, overall))
        if run.is_finished or any(step.states["awaiting_input"] for step in steps):
            return run
        time.sleep(POLL_SECONDS)


def count(owner_url: str, run: DagRun) -> tuple[dict[str, Counts], str | None] | None:
    """Return what a run has loaded by agency, and how far a backfill is; None where the database is not there."""
    try:
        with psycopg.connect(owner_url, autocommit=True) as connection:
            progress = backfill.progress(connection, f"{run.dag_id}/{run.run_id}")
            is_loading = progress.months_done < progress.months_total
            return count_loads(connection, run), progress.sentence if is_loading else None
    except (psycopg.OperationalError, psycopg.errors.UndefinedTable):
        return None


def count_loads(
    connection: psycopg.Connection[tuple[str, int, int, int, int]], run: DagRun
) -> dict[str, Counts]:
    """Return what a run has loaded by agency (outcome `loaded`; unchanged files count as files only)."""
    rows = connection.execute(
        """
        select agency_code, count(distinct (delivery_name, period_label)), count(distinct left(period_label, 7)),
               coalesce(sum(rows_loaded) filter (where outcome_code = 'loaded'), 0),
               coalesce(sum(rows_rejected) filter (where outcome_code = 'loaded'), 0)
        from ops.load where run_id = %s group by agency_code order by agency_code
        """,
        [f"{run.dag_id}/{run.run_id}"],
    )
    return {
        agency: Counts(int(files), int(months), int(good), int(bad))
        for agency, files, months, good, bad in rows
    }
