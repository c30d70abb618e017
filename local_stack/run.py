"""`run` and `up`: what is done with a started stack."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from green_freight.periods import Period
from green_freight.warehouse import scratch

from local_stack import database, demonstration, history, run_issues, scorecard, stack
from local_stack.airflow_client import AirflowClient, DagRun
from local_stack.airflow_settings import QUICK
from local_stack.database import Databases
from local_stack.demonstration import Demonstration
from local_stack.display import display_for
from local_stack.home import Home
from local_stack.locks import Busy
from local_stack.run_issues import RunIssues
from local_stack.run_progress import follow
from local_stack.stack import RunningStack, StackPlan
from local_stack.steps import Steps

BACKFILL = "backfill_history"
NIGHTLY = "nightly_refresh"
PARSE_DEADLINE_SECONDS = 60.0


class DagUnavailable(RuntimeError):
    """Airflow does not know a DAG; the message carries the import error."""


@dataclass(frozen=True)
class Request:
    """What `run` is asked for: the business day, the first month of the history, the city."""

    day: date
    first: Period
    city: Demonstration

    @property
    def clock(self) -> datetime:
        """The instant at which the agencies stand: when the night of the business day begins."""
        return demonstration.night_after(self.day)


@dataclass
class Result:
    """What a run came to: DAG runs as they ended, step times, the scorecard, and what is to be looked at."""

    runs: list[DagRun] = field(default_factory=list)
    seconds: dict[str, float] = field(default_factory=dict)
    scores: list[scorecard.Row] = field(default_factory=list)
    issues: RunIssues = field(default_factory=RunIssues)

    @property
    def is_success(self) -> bool:
        """Tell whether every DAG run succeeded."""
        return bool(self.runs) and all(run.state == "success" for run in self.runs)

    def as_json(self) -> dict[str, Any]:
        """Return the result as plain data."""
        return {
            "state": "success" if self.is_success else "failed",
            "runs": [{"dag_id": run.dag_id, "run_id": run.run_id, "state": run.state} for run in self.runs],
            "seconds": self.seconds,
            "findings": self.issues.as_json(),
            "scorecard": [
                {name: scorecard.plain(value) for name, value in row.items()} for row in self.scores
            ],
        }


def run(home: Home, request: Request, steps: Steps) -> Result:
    """Load the history if it is missing, run the nightly refresh of the day, and stop what was started."""
    result = Result(seconds=steps.seconds)
    begun = time.monotonic()
    with database.serving(home) as databases:
        steps.done("PostgreSQL", time.monotonic() - begun)
        with stack_for(home, databases, request, steps) as running:
            _load_history(home, running, request, steps, result)
            if not result.runs or result.runs[-1].state == "success":
                _refresh(home, running, request, steps, result)
            running.airflow.close()
        run_ids = [f"{one.dag_id}/{one.run_id}" for one in result.runs]
        result.issues = run_issues.collect(running.role_urls["owner"], running.role_urls["reader"], run_ids)
        if result.is_success:
            result.scores = scorecard.rows(running.role_urls["reader"])
    return result


def bring_up(home: Home, plan: StackPlan, steps: Steps) -> RunningStack:
    """Start the stack and leave it running; if anything fails, nothing is left."""
    with database.serving(home) as databases:
        try:
            running = stack.start(home, databases, plan, steps)
        except BaseException:
            stack.stop(home, grace_seconds=2)
            raise
        home.note("up", _up_note(plan, running))
    return running


def _up_note(plan: StackPlan, running: RunningStack) -> dict[str, Any]:
    return {
        "address": running.airflow.address,
        "clock": plan.clock.isoformat() if plan.clock else None,
        "volume": plan.city.volume if plan.city else None,
        "is_scheduled": plan.is_scheduled,
        "started_at": running.started_at.isoformat(timespec="seconds"),
    }


@contextmanager
def stack_for(home: Home, databases: Databases, request: Request, steps: Steps) -> Iterator[RunningStack]:
    """Give a stack of the request's city and clock: the one that `up` left running, else one of our own."""
    up = home.noted("up") if database.is_left_running(home) else None
    if up is None:
        with stack.stopping_afterwards(home, steps):
            yield stack.start(home, databases, StackPlan(request.city, request.clock, executor=QUICK), steps)
        return
    if (up["clock"], up["volume"]) != (request.clock.isoformat(), request.city.volume):
        raise Busy(
            f"the stack that `up` left running stands at {up['clock'] or 'the real time'} with volume"
            f" {up['volume']}; stop it first: ./green-freight down / 正在运行的环境参数不同，请先 down"
        )
    yield attach(home, databases, up)


def attach(home: Home, databases: Databases, up: Mapping[str, Any]) -> RunningStack:
    """Return the stack that `up` left running, by the note that it left."""
    client = AirflowClient(up["address"], *stack.login(home))
    started_at = datetime.fromisoformat(up["started_at"])
    return RunningStack(client, database.role_urls(home, databases), started_at)


def _load_history(home: Home, running: RunningStack, request: Request, steps: Steps, result: Result) -> None:
    begun = running.airflow.unfinished(BACKFILL)
    gap = None if begun else history.missing(running.role_urls["owner"], request.first, request.day)
    if begun:
        steps.say("↻ 接续上次中断的历史回补 · going on with the backfill that was interrupted")
        make_ready(running, BACKFILL)
    elif gap:
        make_ready(running, BACKFILL)
        begun = running.airflow.trigger(BACKFILL, conf=history.conf(gap, request.day))
        steps.say(f"历史 · history {gap.first} … {gap.last}: {', '.join(gap.agencies)}")
    if begun:
        follow_run(home, running, begun, "历史回补 · backfill_history", steps, result)


def _refresh(home: Home, running: RunningStack, request: Request, steps: Steps, result: Result) -> None:
    make_ready(running, NIGHTLY)
    interval = (demonstration.night_after(request.day - timedelta(days=1)), request.clock)
    known = running.airflow.run_of(NIGHTLY, interval[0])
    if known is None:
        known = running.airflow.trigger(NIGHTLY, run_id=f"day__{request.day}", interval=interval)
    elif known.is_finished:
        known = running.airflow.clear(known)
    steps.say(f"业务日 · business day {request.day}")
    follow_run(home, running, known, "每日更新 · nightly_refresh", steps, result)


def follow_run(
    home: Home, running: RunningStack, begun: DagRun, title: str, steps: Steps, result: Result
) -> None:
    """Follow a run to its end, showing its progress, and note how it ended; what failed is printed."""
    started = time.monotonic()
    with display_for(steps.console) as display:
        ended = follow(running.airflow, begun, counted_in(home, running, begun), display.show)
    result.runs.append(ended)
    if ended.state == "success":
        steps.done(title, time.monotonic() - started)
        return
    steps.seconds[title] = round(time.monotonic() - started, 1)
    if not ended.is_finished:
        steps.say(f"[yellow]‖[/] {title}: 等待批准 waits for an approval, {running.airflow.address}")
        return
    steps.say(f"[red]✗[/] {title}: {ended.state}")
    failed = [task for task in running.airflow.tasks(ended) if task.state == "failed"]
    tried = [(task.task_id, task.map_index, task.try_number) for task in failed]
    run_issues.print_failed_tasks(home, ended.dag_id, ended.run_id, tried, steps.console)


def counted_in(home: Home, running: RunningStack, run: DagRun) -> str:
    """Return the database whose loads show how far a run is: a dry run works on a copy of the warehouse."""
    if not run.conf.get("dry_run"):
        return running.role_urls["owner"]
    warehouse = database.warehouse_of(home, running.role_urls)
    return scratch.named(warehouse, f"{run.dag_id}/{run.run_id}").warehouse.url("owner")


def make_ready(running: RunningStack, dag_id: str) -> None:
    """Wait until the DAG's file has been read by this start of Airflow, and let the DAG run.

    Raises:
        DagUnavailable: the file cannot be imported, or holds no such DAG.
    """
    deadline = time.monotonic() + PARSE_DEADLINE_SECONDS
    while (parsed_at := running.airflow.parsed_at(dag_id)) is None or parsed_at < running.started_at:
        errors = running.airflow.import_errors()
        if errors or time.monotonic() > deadline:
            traces = "\n".join(f"{name}:\n{trace}" for name, trace in errors.items())
            raise DagUnavailable(f"Airflow cannot read the DAG {dag_id} / 无法读取 DAG：\n{traces}")
        time.sleep(0.2)
    running.airflow.unpause(dag_id)
