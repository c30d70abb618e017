"""`run` and `up`: what is done with a started stack."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import partial
from typing import Any

import psycopg
from green_freight.backfill import BackfillRequest
from green_freight.cli import run_issues, scorecard
from green_freight.cli.airflow_client import AirflowClient
from green_freight.cli.console import Steps
from green_freight.cli.dag_run import BACKFILL, BULLETINS, NIGHTLY, RunResult, follow_run, make_ready
from green_freight.cli.installation import RunningAirflow
from green_freight.contracts import Granularity
from green_freight.coverage import BackfillRange, backfill_of, through
from green_freight.periods import Period
from green_freight.warehouse import scalar

from local_stack import database, demonstration, stack
from local_stack.airflow_settings import PRELOADING_EXECUTOR
from local_stack.demonstration import Demonstration
from local_stack.home import Home
from local_stack.locks import HomeBusyError
from local_stack.stack import StackPlan

# A person may respond in the user interface of a stack that stays; a command that stops its own does not wait.
APPROVAL_WAIT_HOURS = 16


@dataclass(frozen=True)
class Request:
    """What `run` is asked for: the business day, the first month of the history and of its daily events, the city."""

    day: date
    first: Period
    city: Demonstration
    events_from: Period | None = None

    @property
    def clock(self) -> datetime:
        """The instant at which the agencies stand: when the night of the business day begins."""
        return demonstration.night_after(self.day)


def run(home: Home, request: Request, steps: Steps) -> RunResult:
    """Load the history if it is missing, run the nightly refresh of the day, and stop what was started."""
    result = RunResult(seconds=steps.seconds)
    begun = time.monotonic()
    with database.serving(home) as admin_url:
        steps.done("PostgreSQL", time.monotonic() - begun)
        _refuse_other_stack(home, request)
        _refuse_fragment(database.prepare_warehouse(home, admin_url).url("owner"), request)
        with running(home, admin_url, request.city, request.clock, steps) as airflow:
            before = newest_publication(airflow.warehouse.url("reader"))
            _load_history(airflow, request, steps, result)
            if not result.runs or result.runs[-1].state == "success":
                _refresh(airflow, request, steps, result)
            if result.is_success and newest_publication(airflow.warehouse.url("reader")) != before:
                _write_bulletins(airflow, steps, result)
            airflow.client.close()
        result.issues = run_issues.collect(airflow.warehouse, result.run_ids)
        if result.is_success:
            result.scores = scorecard.rows(airflow.warehouse.url("reader"))
    return result


def bring_up(home: Home, plan: StackPlan, steps: Steps) -> None:
    """Start the stack and leave it running; if anything fails, nothing is left."""
    with database.serving(home) as admin_url:
        try:
            airflow = stack.start(home, admin_url, plan, steps)
        except BaseException:
            stack.stop(home, grace_seconds=2)
            raise
        home.note(
            "up",
            {
                "address": airflow.client.address,
                "clock": plan.clock.isoformat() if plan.clock else None,
                "volume": plan.city.volume if plan.city else None,
                "is_scheduled": plan.is_scheduled,
                "started_at": airflow.started_at.isoformat(timespec="seconds"),
            },
        )


def _refuse_other_stack(home: Home, request: Request) -> None:
    up = database.left_running(home)
    if up and (up["clock"], up["volume"]) != (request.clock.isoformat(), request.city.volume):
        raise HomeBusyError(
            f"正在运行的环境参数不同（时钟 {up['clock'] or '实时'}，事件量 {up['volume']}），未开始；"
            f"请先运行 ./green-freight down / the stack that `up` left running has another clock"
            f" ({up['clock'] or 'the real time'})"
            f" or volume ({up['volume']}), so nothing was started; stop it first: ./green-freight down"
        )


def _refuse_fragment(owner_url: str, request: Request) -> None:
    gap = missing_history(owner_url, request.first, request.day, request.events_from)
    if gap is not None:
        with psycopg.connect(owner_url) as owner:
            BackfillRequest(request.first, gap.last, gap.agencies, "run", request.day).check_history(owner)


@contextmanager
def running(
    home: Home, admin_url: str, city: Demonstration, clock: datetime, steps: Steps
) -> Iterator[RunningAirflow]:
    """Give the Airflow that `up` left running, else one beside this city at this clock, for the block."""
    if up := database.left_running(home):
        yield _attached(home, admin_url, up)
        return
    plan = StackPlan(city, clock, executor=PRELOADING_EXECUTOR)
    with stack.stopping_afterwards(home, steps):
        yield stack.start(home, admin_url, plan, steps)


def _attached(home: Home, admin_url: str, up: Mapping[str, Any]) -> RunningAirflow:
    client = AirflowClient(up["address"], *stack.login(home))
    started_at = datetime.fromisoformat(up["started_at"])
    warehouse = database.warehouse(home, admin_url)
    alive = partial(stack.require_alive, home)
    return RunningAirflow(client, warehouse, home.task_logs, started_at, APPROVAL_WAIT_HOURS, alive)


def missing_history(
    owner_url: str, first: Period, day: date, events_from: Period | None = None
) -> BackfillRange | None:
    """Return what has to be backfilled before the nightly run of a business day, None if nothing is missing.

    What an agency was asked for and had not delivered is left to the night, which asks again: asking for the whole
    month first would change nothing.

    Args:
        owner_url: the warehouse, as a role that may read `ops`.
        first: the first month of the history.
        day: the business day; the day itself is the night's own work.
        events_from: the first month of which daily events are wanted; None: of all.
    """
    with psycopg.connect(owner_url) as warehouse:
        due = through(warehouse, day - timedelta(days=1))
    events = max(first, events_from or first)
    wanted = (
        one for one in due if one.month >= (events if one.granularity_code == Granularity.DAY else first)
    )
    return backfill_of(one for one in wanted if one.parts_missing > one.parts_not_delivered)


def history_conf(gap: BackfillRange, day: date, events_from: Period | None = None) -> dict[str, Any]:
    """Return the parameters of `backfill_history` that load what is missing of a range through a business day."""
    zh, en = "载入缺少的历史", "load of the history that is missing"
    if events_from:
        zh, en = f"{zh}（每日数据自 {events_from} 起）", f"{en}, daily events from {events_from} on"
    return BackfillRequest(
        gap.first, gap.last, gap.agencies, f"{zh} / {en}", day, is_only_missing=True, events_from=events_from
    ).parameters


def _load_history(airflow: RunningAirflow, request: Request, steps: Steps, result: RunResult) -> None:
    begun = airflow.client.unfinished(BACKFILL)
    owner_url = airflow.warehouse.url("owner")
    gap = None if begun else missing_history(owner_url, request.first, request.day, request.events_from)
    if begun:
        steps.print("↻ 接续上次中断的历史回补 · continuing the interrupted backfill")
        make_ready(airflow, BACKFILL)
    elif gap:
        make_ready(airflow, BACKFILL)
        begun = airflow.client.trigger(BACKFILL, conf=history_conf(gap, request.day, request.events_from))
        steps.print(f"历史 · history {gap.first} … {gap.last}: {', '.join(gap.agencies)}")
        if request.events_from:
            steps.print(
                f"每日数据自 {request.events_from} 起；更早的在 coverage 中为缺失，不带 --events-from 再次 run 即补齐"
                f" · daily events from {request.events_from} on; coverage lists the earlier ones as missing, and `run`"
                " without --events-from loads them"
            )
    if begun:
        follow_run(airflow, begun, "历史回补 · backfill_history", steps, result)


def _refresh(airflow: RunningAirflow, request: Request, steps: Steps, result: RunResult) -> None:
    make_ready(airflow, NIGHTLY)
    interval = (demonstration.night_after(request.day - timedelta(days=1)), request.clock)
    known = airflow.client.run_of(NIGHTLY, interval[0])
    if known is None:
        known = airflow.client.trigger(NIGHTLY, run_id=f"day__{request.day}", interval=interval)
    elif known.is_finished:
        known = airflow.client.clear(known)
    steps.print(f"业务日 · business day {request.day}")
    follow_run(airflow, known, "每日更新 · nightly_refresh", steps, result)


def newest_publication(reader_url: str) -> int | None:
    """Return the number of the newest publication, None before the first one."""
    with psycopg.connect(reader_url) as warehouse:
        number: int | None = scalar(warehouse, "select max(publication_no) from mart.publication")
    return number


def _write_bulletins(airflow: RunningAirflow, steps: Steps, result: RunResult) -> None:
    """Start what a schedule starts after a publication: beside demonstration agencies nothing starts by itself."""
    make_ready(airflow, BULLETINS)
    follow_run(airflow, airflow.client.trigger(BULLETINS), "通报 · write_bulletin", steps, result)
