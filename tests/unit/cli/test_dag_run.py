"""A run as people see it: one line a step, its mapped instances counted."""

from __future__ import annotations

import io
import json
import threading
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx
import pytest
from green_freight.cli import dag_run
from green_freight.cli.airflow_client import AirflowClient, DagRun, TaskState
from green_freight.cli.dag_run import Counts, state_of, summarise
from green_freight.cli.errors import NoResponseError
from green_freight.cli.installation import RunningAirflow
from green_freight.cli.progress_display import ProgressDisplay, Step, render
from green_freight.warehouse import Warehouse
from rich.console import Console

from local_stack.processes import ProcessDiedError

BEGUN = datetime(2025, 10, 1, 2, tzinfo=UTC)


def _task(
    name: str, index: int, state: str | None, begun: int | None = None, ended: int | None = None
) -> TaskState:
    moments = [None if second is None else BEGUN + timedelta(seconds=second) for second in (begun, ended)]
    return TaskState(name, index, state, 1, *moments)


def test_mapped_instances_are_one_step_with_the_time_from_first_to_last() -> None:
    steps = summarise(
        [
            _task("build", -1, None),
            _task("power.month", 0, "success", 1, 4),
            _task("power.month", 1, "running", 2),
            _task("plan", -1, "success", 0, 1),
        ],
        BEGUN + timedelta(seconds=9),
    )
    assert [step.name for step in steps] == ["plan", "power.month", "build"]
    assert (steps[1].done, steps[1].total, steps[1].seconds, steps[1].state) == (1, 2, 8.0, "running")


@pytest.mark.parametrize(
    ("states", "word"),
    [
        ({"waiting": 2}, "waiting"),
        ({"queued": 1, "waiting": 1}, "running"),
        ({"success": 1, "waiting": 1}, "running"),
        ({"success": 2}, "success"),
        ({"skipped": 2}, "skipped"),
        ({"success": 1, "skipped": 1}, "success"),
        ({"failed": 1, "running": 1}, "running"),
        ({"failed": 1, "success": 1}, "failed"),
        ({"upstream_failed": 1}, "failed"),
        ({"up_for_retry": 1}, "running"),
        ({"up_for_retry": 1, "success": 1}, "running"),
        ({"failed": 1, "up_for_retry": 1}, "running"),
    ],
)
def test_the_state_of_a_step_in_one_word(states: dict[str, int], word: str) -> None:
    assert state_of(Counter(states)) == word


def test_without_a_terminal_a_step_gets_a_line_when_it_begins_and_when_it_ends() -> None:
    output = io.StringIO()
    display = ProgressDisplay(Console(file=output, width=120))
    for state in ("waiting", "running", "running", "success"):
        display.show(_steps(state))
    lines = [line.strip() for line in output.getvalue().splitlines()]
    assert len(lines) == 2
    assert lines[0].startswith("▶ 供电公司 power month  0/1")
    assert "1,234 行 rows · 拒收 rejected 5" in lines[1]


@pytest.mark.parametrize(
    ("states", "said"),
    [
        (["success", "running", None], ""),
        (["success", "up_for_retry", None], "1 失败待重试 failed, waiting for a retry"),
        (["up_for_retry", "up_for_retry", "running"], "2 失败待重试 failed, waiting for a retry"),
        (["failed", "up_for_retry", "running"], "1 失败 failed · 1 失败待重试 failed, waiting for a retry"),
        (["failed", "success", "success"], "1 失败 failed"),
    ],
)
def test_parts_that_have_failed_are_shown_while_the_others_go_on(states: list[str | None], said: str) -> None:
    tasks = [_task("power.month", place, state, 0 if state else None) for place, state in enumerate(states)]
    [step] = summarise(tasks, BEGUN + timedelta(seconds=5))
    assert step.trouble == said
    console = Console(file=io.StringIO(), width=160, record=True)
    console.print(render([step]))
    assert said in console.export_text()


def test_without_a_terminal_a_part_that_fails_gets_a_line_at_once() -> None:
    output = io.StringIO()
    display = ProgressDisplay(Console(file=output, width=160))
    for states in (["running", "running"], ["up_for_retry", "running"], ["running", "running"]):
        tasks = [_task("power.month", place, state, 0) for place, state in enumerate(states)]
        display.show(summarise(tasks, BEGUN + timedelta(seconds=5)))
        display.show(summarise(tasks, BEGUN + timedelta(seconds=6)))
    lines = output.getvalue().splitlines()
    assert len(lines) == 3
    assert [("waiting for a retry" in line) for line in lines] == [False, True, False]


def test_on_a_terminal_the_table_names_the_agency_in_both_languages() -> None:
    console = Console(file=io.StringIO(), width=140, record=True)
    console.print(render(_steps("success")))
    text = console.export_text()
    assert "供电公司 power month" in text
    assert "33 月 months" in text


def _steps(state: str) -> list[Step]:
    return summarise([_task("power.month", 0, state, 0, 3)], BEGUN, {"power": Counts(40, 33, 1234, 5)})


class Api(BaseHTTPRequestHandler):
    """Responses of an api-server with one run that goes on and a scheduler in the state `scheduler`."""

    scheduler = "healthy"
    is_broken = False

    def do_POST(self) -> None:
        self._respond({"access_token": "token"})

    def do_GET(self) -> None:
        run = {"dag_id": "nightly_refresh", "dag_run_id": "r", "state": "running", "conf": {}}
        pages = {"taskInstances": {"task_instances": [], "total_entries": 0}, "dagRuns/r": run}
        health = {"scheduler": {"status": self.scheduler}}
        if self.is_broken:
            self.send_error(500, "no database")
        else:
            self._respond(next((body for part, body in pages.items() if part in self.path), health))

    def _respond(self, body: dict[str, Any]) -> None:
        content = json.dumps(body).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_: Any) -> None:
        pass


@pytest.fixture
def airflow(monkeypatch: pytest.MonkeyPatch) -> Iterator[RunningAirflow]:
    monkeypatch.setattr(dag_run, "POLL_SECONDS", 0.01)
    monkeypatch.setattr(dag_run, "SHOW_SECONDS", 0.0)
    monkeypatch.setattr(dag_run, "SILENCE_SECONDS", 0.05)
    with ThreadingHTTPServer(("127.0.0.1", 0), Api) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        client = AirflowClient(f"http://127.0.0.1:{server.server_port}", "user", "password")
        yield RunningAirflow(client, Warehouse({}, Path(), ""), Path(), datetime.now(UTC), 0)
        client.close()
        server.shutdown()


def _follow(airflow: RunningAirflow) -> None:
    run = DagRun("nightly_refresh", "r", "running", {})
    unreachable = "postgresql://nobody@127.0.0.1:1/nothing"
    dag_run.follow(airflow, run, unreachable, ProgressDisplay(Console(file=io.StringIO())))


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        ({"scheduler": "unhealthy"}, "scheduler is unhealthy, so the run nightly_refresh/r does not go on"),
        ({"is_broken": True}, "its database has stopped"),
    ],
)
def test_an_airflow_that_does_not_work_ends_the_command(
    airflow: RunningAirflow, monkeypatch: pytest.MonkeyPatch, fault: dict[str, Any], said: str
) -> None:
    for name, value in fault.items():
        monkeypatch.setattr(Api, name, value)
    with pytest.raises(NoResponseError, match=said):
        _follow(airflow)


def test_an_api_server_that_is_gone_ends_the_command(airflow: RunningAirflow) -> None:
    gone = AirflowClient(airflow.client.address, "user", "password")
    gone._http.base_url = httpx.URL("http://127.0.0.1:1")
    with pytest.raises(NoResponseError, match="does not respond"):
        _follow(replace(airflow, client=gone))


def test_a_part_that_has_certainly_ended_is_reported_at_once(
    airflow: RunningAirflow, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dag_run, "SILENCE_SECONDS", 1e9)

    def require_alive() -> None:
        raise ProcessDiedError("scheduler")

    with pytest.raises(ProcessDiedError):
        _follow(replace(airflow, require_alive=require_alive))
