"""The whole stack of one machine: database server, demonstration agencies, Airflow. Started, found again, stopped."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial

import httpx
from green_freight.cli import airflow_metadata
from green_freight.cli.airflow_client import AirflowClient
from green_freight.cli.airflow_metadata import make_metadata, migrate_metadata, write_login
from green_freight.cli.console import Steps
from green_freight.cli.installation import RunningAirflow
from green_freight.cli.signals import CommandInterruptedError
from green_freight.periods import SHANGHAI

from local_stack import airflow_settings, database, demonstration, processes
from local_stack.airflow_settings import AirflowPlan
from local_stack.demonstration import Demonstration
from local_stack.home import Home
from local_stack.postgres import free_port

HEALTH_DEADLINE_SECONDS = 120.0

# Stopped in this order: the scheduler lets running tasks end, and they still need the api-server to say so.
STOP_ORDER = (("scheduler",), ("triggerer", "dag-processor", "api-server", "agencies"))


class StackError(RuntimeError):
    """A part of the stack cannot be started; the message says which and where its log is."""


@dataclass(frozen=True)
class StackPlan:
    """What is started: which city, at which instant (None: real time), with which parts.

    Without a city the agencies are those of the caller's own AIRFLOW_CONN_* variables.
    """

    city: Demonstration | None
    clock: datetime | None
    is_scheduled: bool = False
    has_triggerer: bool = False
    executor: str = airflow_settings.PACKAGE_PRELOADING_EXECUTOR


def start(home: Home, admin_url: str, plan: StackPlan, steps: Steps) -> RunningAirflow:
    """Start everything and wait until it answers.

    Raises:
        InstallError: Airflow's database cannot be migrated.
        StackError: a part did not come up.
        processes.ProcessDiedError: a part ended by itself.
    """
    started_at = datetime.now(SHANGHAI)
    if plan.city:
        plan.city.claim(home)
    stop_strays(home, steps)
    begun = time.monotonic()
    agencies = demonstration.serve(home, plan.city, plan.clock) if plan.city else None
    with steps.step("数据仓库 · warehouse"):
        warehouse = database.prepare_warehouse(home, admin_url)
    metadata_url = make_metadata(admin_url, home.secret("airflow_database"))
    airflow_plan = AirflowPlan(free_port(), metadata_url, {}, {}, plan.is_scheduled, plan.executor)
    migrate_metadata(airflow_settings.environment(home, airflow_plan), metadata_url, steps)
    connections = demonstration.connections(home, agencies) if agencies else {}
    if agencies:
        steps.done("四个演示单位 · four demonstration agencies", time.monotonic() - begun)
    database.release_orphaned_tasks(metadata_url)
    airflow_plan = replace(airflow_plan, role_urls=warehouse.urls, connections=connections, clock=plan.clock)
    with steps.step("Airflow · api-server, scheduler, dag-processor" + (", triggerer" * plan.has_triggerer)):
        environment = airflow_settings.environment(home, airflow_plan)
        airflow = _start_airflow(home, environment, airflow_plan.port, plan.has_triggerer)
    return RunningAirflow(airflow, warehouse, home.task_logs, started_at, 0, partial(require_alive, home))


def require_alive(home: Home) -> None:
    """Check that everything that was started in the home still runs.

    Raises:
        processes.ProcessDiedError: a process has ended by itself.
        PostgresError: the embedded server has.
    """
    database.require_running(home)
    _require_processes(home)


def _require_processes(home: Home) -> None:
    for one in processes.recorded(home.processes):
        if not one.is_alive():
            raise processes.ProcessDiedError(processes.died_message(one.name, home.log(one.name)))


def stop(home: Home, grace_seconds: float = processes.GRACE_SECONDS) -> None:
    """Stop every recorded process of the home."""
    home.forget("up")
    for names in STOP_ORDER:
        ones = [one for one in processes.recorded(home.processes) if one.name in names]
        processes.stop(ones, grace_seconds)
    kill(home)


def kill(home: Home) -> None:
    """Kill every recorded process of the home, the scheduler first.

    A scheduler that outlives its api-server marks the running tasks failed; one that is killed with them leaves
    them to be taken up again.
    """
    recorded = processes.recorded(home.processes)
    processes.kill(sorted(recorded, key=lambda one: one.name != "scheduler"))


@contextmanager
def stopping_afterwards(home: Home, steps: Steps) -> Iterator[None]:
    """Stop the stack at the end of the block, however it ends; a second Ctrl-C stops it at once."""
    try:
        yield
    finally:
        begun = time.monotonic()
        try:
            stop(home)
        except CommandInterruptedError:
            kill(home)
            raise
        finally:
            steps.done("停止 · stopped", time.monotonic() - begun)


def stop_strays(home: Home, steps: Steps) -> None:
    """Stop what a killed command left running in this home."""
    home.forget("up")
    left = [one for one in processes.recorded(home.processes) if one.members()]
    if left:
        steps.print(f"[yellow]![/] 清理上次中断的进程 · stopping what an interrupted command left: "
                  f"{', '.join(one.name for one in left)}")  # fmt: skip
    # The command was killed without waiting for its tasks to end, so they are not waited for here either.
    kill(home)


def alive(home: Home) -> dict[str, bool]:
    """Return which recorded processes run."""
    return {one.name: one.is_alive() for one in processes.recorded(home.processes)}


def login(home: Home) -> tuple[str, str]:
    """Return user and password of Airflow's user interface."""
    return airflow_settings.USER, home.secret("airflow_user")


def _start_airflow(
    home: Home, environment: Mapping[str, str], port: int, has_triggerer: bool
) -> AirflowClient:
    write_login(home.airflow, *login(home))

    def start_parts(commands: Mapping[str, Sequence[str]]) -> None:
        for name, command in commands.items():
            processes.start(name, command, environment, home.processes, home.log(name), home.root)

    address = f"http://127.0.0.1:{port}"
    start_parts({"api-server": _airflow("api-server"), "dag-processor": _airflow("dag-processor")})
    with httpx.Client(base_url=address, timeout=60, trust_env=False) as http:
        _wait_healthy(home, http, ["metadatabase"])
        # A scheduler that finds tasks to go on with starts them at once; without an api-server they would fail.
        later = {"scheduler": _airflow("scheduler", "--skip-serve-logs")}
        if has_triggerer:
            later["triggerer"] = _airflow("triggerer", "--skip-serve-logs")
        start_parts(later)
        # The api-server builds its task-execution application on first use: now, not at the first task's cost.
        http.get("/execution/health")
        _wait_healthy(home, http, ["dag_processor", *later])
    client = AirflowClient(address, *login(home))
    for name, (slots, description) in airflow_metadata.POOLS.items():
        client.set_pool(name, slots, description)
    return client


def _wait_healthy(home: Home, http: httpx.Client, parts: Sequence[str]) -> None:
    deadline = time.monotonic() + HEALTH_DEADLINE_SECONDS
    while not all(health(http).get(part) == "healthy" for part in parts):
        # Twice a second: the server is asked by a process of its own, so only once the parts are late.
        _require_processes(home)
        if time.monotonic() > deadline:
            database.require_running(home)
            raise StackError(
                f"Airflow 在 {HEALTH_DEADLINE_SECONDS:.0f} 秒内未就绪，请查看日志 / Airflow was not healthy within "
                f"{HEALTH_DEADLINE_SECONDS:.0f} s, see its logs: {home.logs}"
            )
        time.sleep(0.5)


def health(http: httpx.Client) -> dict[str, str | None]:
    """Return the state of each part of an Airflow as it says itself, none while it does not answer."""
    try:
        answer = http.get("/api/v2/monitor/health").raise_for_status().json()
    except (httpx.HTTPError, ValueError):
        return {}
    return {name: part.get("status") for name, part in answer.items() if part}


def _airflow(*arguments: str) -> list[str]:
    return [airflow_metadata.program(), *arguments]
