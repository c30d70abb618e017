"""The whole stack of one machine: database server, demonstration agencies, Airflow. Started, found again, stopped."""

from __future__ import annotations

import importlib.metadata
import json
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import httpx
from green_freight import settings

from local_stack import airflow_settings, database, demonstration, processes
from local_stack.airflow_client import AirflowClient
from local_stack.airflow_settings import AirflowPlan
from local_stack.database import Databases
from local_stack.demonstration import Demonstration
from local_stack.home import Home
from local_stack.postgres import free_port
from local_stack.steps import Steps

HEALTH_DEADLINE_SECONDS = 120.0

# Stopped in this order: the scheduler lets running tasks end, and they still need the api-server to say so.
STOP_ORDER = (("scheduler",), ("triggerer", "dag-processor", "api-server", "agencies"))


class StackError(RuntimeError):
    """A part of the stack cannot be started; the message says which and where its log is."""


@dataclass(frozen=True)
class StackPlan:
    """What is started: which city, at which instant (None: real time), from which DAG files, with which parts.

    Without a city the agencies are those of the caller's own AIRFLOW_CONN_* variables.
    """

    city: Demonstration | None
    clock: datetime | None
    dags_folder: Path = settings.PROJECT / "dags"
    is_scheduled: bool = False
    has_triggerer: bool = False


@dataclass(frozen=True)
class RunningStack:
    """A started stack: Airflow's REST client and the warehouse's URLs by role."""

    airflow: AirflowClient
    role_urls: Mapping[str, str]
    started_at: datetime


def start(home: Home, databases: Databases, plan: StackPlan, steps: Steps) -> RunningStack:
    """Start everything and wait until it answers.

    Raises:
        StackError: a part did not come up.
        processes.ChildDied: a part ended by itself.
    """
    started_at = demonstration.now()
    if plan.city:
        plan.city.claim(home)
    stop_strays(home, steps)
    begun = time.monotonic()
    agencies = demonstration.serve(home, plan.city, plan.clock) if plan.city else None
    with steps.step("数据仓库 · warehouse"):
        role_urls = database.prepare_warehouse(home, databases)
    metadata_url = database.prepare_metadata(home, databases)
    if database.metadata_version(metadata_url) != airflow_version():
        with steps.step("Airflow 元数据库 · Airflow's metadata database"):
            _migrate_metadata(home, metadata_url)
    connections = demonstration.connections(home, agencies) if agencies else {}
    if agencies:
        steps.done("四个演示部门 · four demonstration agencies", time.monotonic() - begun)
    database.release_orphaned_tasks(metadata_url)
    airflow_plan = AirflowPlan(
        free_port(), metadata_url, role_urls, connections, plan.dags_folder, plan.is_scheduled
    )
    with steps.step("Airflow · api-server, scheduler, dag-processor" + (", triggerer" * plan.has_triggerer)):
        environment = airflow_settings.environment(home, airflow_plan)
        names = _start_airflow(home, environment, plan)
        airflow = _wait_for_airflow(home, airflow_plan.port, names)
    return RunningStack(airflow, role_urls, started_at)


def stop(home: Home, grace_seconds: float = processes.GRACE_SECONDS) -> None:
    """Stop every recorded process of the home."""
    home.forget("up")
    for names in STOP_ORDER:
        processes.stop(
            (one for one in processes.recorded(home.processes) if one.name in names), grace_seconds
        )
    processes.kill(processes.recorded(home.processes))


@contextmanager
def stopping_afterwards(home: Home, steps: Steps) -> Iterator[None]:
    """Stop the stack at the end of the block, however it ends; a second Ctrl-C stops it at once."""
    try:
        yield
    finally:
        begun = time.monotonic()
        try:
            stop(home)
        except KeyboardInterrupt:
            processes.kill(processes.recorded(home.processes))
            raise
        finally:
            steps.done("停止 · stopped", time.monotonic() - begun)


def stop_strays(home: Home, steps: Steps) -> None:
    """Stop what a killed command left running in this home."""
    home.forget("up")
    left = [one for one in processes.recorded(home.processes) if one.members()]
    if left:
        steps.say(f"[yellow]![/] 清理上次中断的进程 · stopping what an interrupted command left: "
                  f"{', '.join(one.name for one in left)}")  # fmt: skip
    # Whoever killed the command did not wait for tasks to end; neither do we.
    processes.kill(processes.recorded(home.processes))


def alive(home: Home) -> dict[str, bool]:
    """Return which recorded processes run."""
    return {one.name: one.is_alive() for one in processes.recorded(home.processes)}


def airflow_version() -> str:
    """Return the installed version of Airflow."""
    return importlib.metadata.version("apache-airflow")


def login(home: Home) -> tuple[str, str]:
    """Return user and password of Airflow's user interface."""
    return airflow_settings.USER, home.secret("airflow_user")


def write_password_file(home: Home) -> None:
    """Give Airflow's simple auth manager our password, so that it need not print one of its own into a log."""
    user, password = login(home)
    kept = home.airflow / "passwords.json"
    kept.touch(mode=0o600)
    kept.write_text(json.dumps({user: password}) + "\n", encoding="ascii")


def _migrate_metadata(home: Home, metadata_url: str) -> None:
    environment = airflow_settings.environment(
        home, AirflowPlan(1, metadata_url, {}, {}, settings.PROJECT / "dags", False)
    )
    log = home.log("metadata")
    with log.open("ab") as output:
        done = subprocess.run(
            _airflow("db", "migrate"),
            env=environment,
            stdout=output,
            stderr=output,
            check=False,
            cwd=home.root,
        )
    if done.returncode:
        raise StackError(f"airflow db migrate failed / 元数据库迁移失败；{log}:\n{processes.log_tail(log)}")
    database.mark_metadata_version(metadata_url, airflow_version())


def _start_airflow(home: Home, environment: Mapping[str, str], plan: StackPlan) -> list[str]:
    write_password_file(home)
    commands: dict[str, Sequence[str]] = {
        "api-server": _airflow("api-server"),
        "scheduler": _airflow("scheduler", "--skip-serve-logs"),
        "dag-processor": _airflow("dag-processor"),
    }
    if plan.has_triggerer:
        commands["triggerer"] = _airflow("triggerer", "--skip-serve-logs")
    for name, command in commands.items():
        processes.start(name, command, environment, home.processes, home.log(name), home.root)
    return list(commands)


def _wait_for_airflow(home: Home, port: int, names: Sequence[str]) -> AirflowClient:
    address = f"http://127.0.0.1:{port}"
    deadline = time.monotonic() + HEALTH_DEADLINE_SECONDS
    wanted = [name.replace("-", "_") for name in names if name != "api-server"]
    while time.monotonic() < deadline:
        _insist_alive(home, names)
        health = _ask_health(address)
        if health and all((health.get(name) or {}).get("status") == "healthy" for name in wanted):
            with ThreadPoolExecutor(1) as background:
                warmed = background.submit(_warm_up, address)
                client = AirflowClient(address, *login(home))
                for name, (slots, description) in airflow_settings.POOLS.items():
                    client.set_pool(name, slots, description)
                warmed.result()
            return client
        time.sleep(0.1)
    raise StackError(
        f"Airflow did not get healthy within {HEALTH_DEADLINE_SECONDS:.0f} s / 未能就绪；{home.logs}"
    )


def _insist_alive(home: Home, names: Sequence[str]) -> None:
    states = alive(home)
    for name in names:
        if not states.get(name, False):
            raise processes.ChildDied(processes.died_message(name, home.log(name)))


def _ask_health(address: str) -> dict[str, Any] | None:
    try:
        answer = httpx.get(f"{address}/api/v2/monitor/health", timeout=10, trust_env=False)
    except httpx.HTTPError:
        return None
    return dict(answer.json()) if answer.is_success else None


def _warm_up(address: str) -> None:
    """Let the api-server build its task-execution application now; else the first task pays seconds for it."""
    httpx.get(f"{address}/execution/health", timeout=60, trust_env=False)


def _airflow(*arguments: str) -> list[str]:
    return [str(Path(sys.executable).parent / "airflow"), *arguments]
