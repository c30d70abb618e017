"""The stack for real: PostgreSQL, the four agencies and Airflow, over DAGs that only wait.

One scenario in one home, because every start costs seconds: killed, started again, interrupted, left running, gone on
with, failed, stopped.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import psycopg
import pytest
from green_freight.cli.airflow_client import AirflowClient, DagRun
from green_freight.periods import SHANGHAI
from green_freight.warehouse import lease

from local_stack import database, stack
from local_stack.home import Home
from local_stack.postgres import EmbeddedPostgres

DAGS = Path(__file__).parent / "dags"
DEADLINE_SECONDS = 240.0


@pytest.fixture(scope="module")
def home() -> Iterator[Path]:
    """Give a home with a space in its path that the database's own account can enter."""
    with tempfile.TemporaryDirectory(prefix="green freight ") as folder:
        Path(folder).chmod(0o755)
        yield Path(folder) / "home"
        _command(Path(folder) / "home", "down").wait()


def _command(home: Path, *arguments: str, **variables: str) -> subprocess.Popen[str]:
    environment = {**os.environ, "GREEN_FREIGHT_HOME": str(home), "GREEN_FREIGHT_DAGS_FOLDER": str(DAGS)}
    environment |= variables
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    return subprocess.Popen(
        [sys.executable, "-P", "-m", "local_stack", *arguments],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )


def _finished(command: subprocess.Popen[str]) -> tuple[int, str]:
    output, _ = command.communicate(timeout=DEADLINE_SECONDS)
    return command.returncode, output


def _wait_until(condition: Callable[[], object], command: subprocess.Popen[str]) -> None:
    deadline = time.monotonic() + DEADLINE_SECONDS
    while not condition():
        assert command.poll() is None, command.communicate()[0]
        assert time.monotonic() < deadline
        time.sleep(0.1)


def _running(home: Path) -> list[str]:
    """Return the command lines of all processes that belong to a home, however they came to be."""
    found = []
    for process in Path("/proc").iterdir():
        if not process.name.isdigit() or int(process.name) == os.getpid():
            continue
        try:
            words = (process / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
            surroundings = (process / "environ").read_bytes().decode(errors="replace")
            folder = str((process / "cwd").readlink())
        except OSError:
            continue
        if words and str(home) in f"{words} {surroundings} {folder}":
            found.append(words)
    return found


def _trace(home: Path) -> list[str]:
    trace = home / "trace"
    return sorted(trace.read_text().split()) if trace.exists() else []


def _task_runs(home: Path) -> bool:
    folder = home / "logs" / "tasks" / "dag_id=backfill_history"
    return any(folder.glob("run_id=*/task_id=month/*/attempt=*.log"))


def test_what_a_killed_run_left_is_cleaned_up_and_sigterm_stops_everything(home: Path) -> None:
    killed = _command(home, "run")
    _wait_until(lambda: "api-server" in {path.name for path in Home(home).processes.iterdir()}, killed)
    killed.kill()
    killed.communicate()
    assert any("api" in words for words in _running(home))
    command = _command(home, "run", TEST_TASK_SECONDS="300")
    _wait_until(lambda: _task_runs(home), command)
    second = _command(home, "run")
    status, output = _finished(second)
    assert status == 1
    assert "`run` (pid" in output
    command.send_signal(signal.SIGTERM)
    status, output = _finished(command)
    assert status == 128 + signal.SIGTERM
    assert "interrupted command left" in output
    assert "interrupted" in output.replace("interrupted command left", "")
    assert _running(home) == []
    assert _trace(home) == []


def test_up_stays_and_psql_reads_meanwhile(home: Path) -> None:
    status, output = _finished(_command(home, "up"))
    assert status == 0, output
    assert "http://127.0.0.1:" in output
    assert "./green-freight down" in output
    _, state = _finished(_command(home, "status", "--json"))
    described = json.loads(state)
    assert all(described["processes"].values())
    assert described["airflow"]["health"]["triggerer"] == "healthy"
    status, output = _finished(_command(home, "psql", "-c", "select current_user, 1 + 1"))
    assert (status, output) == (0, "green_freight_reader|2\n")
    status, output = _finished(_command(home, "psql", "-c", "create table mart.mine (n int)"))
    assert status != 0
    address = EmbeddedPostgres(Home(home).postgres).address()
    with lease.held(database.warehouse(Home(home), address.dsn()), "nightly_refresh/held"):
        described = json.loads(_finished(_command(home, "status", "--json"))[1])
    assert described["is_up"]
    assert described["candidate"]["run_id"] == "nightly_refresh/held"
    assert "run nightly_refresh/held has held the candidate" in described["candidate"]["sentence"]


def test_what_was_interrupted_goes_on_once_the_stack_is_up_and_a_run_uses_that_stack(home: Path) -> None:
    deadline = time.monotonic() + DEADLINE_SECONDS
    while _trace(home) != ["1", "2", "3"]:
        assert time.monotonic() < deadline
        time.sleep(0.1)
    status, output = _finished(_command(home, "run", "--json"))
    assert status == 0, output
    result = json.loads(next(line for line in output.splitlines() if line.startswith("{")))
    assert [(run["dag_id"], run["state"]) for run in result["runs"]] == [
        ("backfill_history", "success"),
        ("nightly_refresh", "success"),
    ]
    assert _trace(home) == ["1", "1", "2", "2", "3", "3", "4"]


def test_a_failed_run_is_the_exit_status_and_shows_the_tasks_log(home: Path) -> None:
    (home / "fails").touch()
    status, output = _finished(_command(home, "run"))
    (home / "fails").unlink()
    assert status == 1
    assert "the test wants this task to fail" in output


def test_runs_that_a_person_starts_and_ends_are_recorded(home: Path) -> None:
    with _driven(home) as airflow:
        _assert_a_run_without_a_logical_date_refreshes_yesterday(airflow)
        _assert_a_day_that_is_not_over_is_refused(airflow)
        _assert_the_end_of_a_run_is_recorded(airflow)
    query = "select kind_code from run where business_day is null"
    assert _finished(_command(home, "psql", "--ops", "-c", query)) == (0, "nightly\n")
    status, output = _finished(_command(home, "psql", "--ops", "-c", "delete from run"))
    assert status != 0 and "read-only transaction" in output


def test_what_is_up_stays_until_down(home: Path) -> None:
    assert json.loads(_finished(_command(home, "status", "--json"))[1])["is_up"]
    status, _ = _finished(_command(home, "down"))
    assert status == 0
    assert _running(home) == []


@dataclass(frozen=True)
class Driven:
    """The running stack: Airflow's REST API, the warehouse's owner and Airflow's own database."""

    client: AirflowClient
    warehouse: psycopg.Connection[Any]
    metadata: psycopg.Connection[Any]

    def ended(self, end: str = "", **conf: str) -> tuple[DagRun, tuple[Any, ...]]:
        """Start a nightly run without a logical date, as Airflow 3 does; return it and its row of ops.run when over."""
        run = self.client.trigger("nightly_refresh", conf={"end": end, **conf})
        deadline = time.monotonic() + DEADLINE_SECONDS
        while not (run := self.client.run(run.dag_id, run.run_id)).is_finished:
            assert time.monotonic() < deadline
            states = {task.task_id: task.state for task in self.client.tasks(run)}
            if end == "by hand" and states["month"] == "running":
                self.client._json("PATCH", run.path, {"state": "failed"})
            time.sleep(0.1)
        columns = "business_day::text, outcome_code, failed_tasks, finished_at is not null"
        row = self.warehouse.execute(
            f"select {columns} from ops.run where run_id = %s", [f"{run.dag_id}/{run.run_id}"]
        ).fetchone()
        assert row is not None
        return run, row

    def missed_deadline(self, run: DagRun) -> tuple[datetime, str]:
        """Return the deadline of a run and the state of its callback, once that has been called."""
        deadline = time.monotonic() + DEADLINE_SECONDS
        query = """
            select deadline_time, callback.state from deadline join dag_run on dag_run.id = dagrun_id
            join callback on callback.id = callback_id where dag_run.run_id = %s
            """
        while True:
            [(due, state)] = self.metadata.execute(query, [run.run_id]).fetchall()
            if state in ("success", "failed"):
                return due, state
            assert time.monotonic() < deadline, state
            time.sleep(0.1)


@contextmanager
def _driven(home: Path) -> Iterator[Driven]:
    place = Home(home)
    up = place.noted("up")
    assert up is not None
    client = AirflowClient(up["address"], *stack.login(place))
    with (
        database.serving(place) as admin_url,
        psycopg.connect(database.warehouse(place, admin_url).url("owner"), autocommit=True) as warehouse,
        psycopg.connect(admin_url, dbname="airflow", autocommit=True) as metadata,
    ):
        yield Driven(client, warehouse, metadata)


def _assert_a_run_without_a_logical_date_refreshes_yesterday(airflow: Driven) -> None:
    """Yesterday is the day before the demonstration's clock; the run has its deadline, whose callback succeeds."""
    run, row = airflow.ended()
    assert run.state == "success"
    assert row == ("2025-09-30", "unpublished", [], True)
    due, state = airflow.missed_deadline(run)
    assert (due, state) == (datetime(2025, 10, 1, 6, tzinfo=SHANGHAI), "success")


def _assert_a_day_that_is_not_over_is_refused(airflow: Driven) -> None:
    """Only `begin` fails, at once; the run is recorded without a business day, so that no other task can go on."""
    run, row = airflow.ended(business_day="2026-09-30")
    assert run.state == "failed"
    assert row == (None, "failed", ["begin"], True)
    states = {task.task_id: (task.state, task.try_number) for task in airflow.client.tasks(run)}
    assert states["begin"] == ("failed", 1)
    assert states["month"][0] == "upstream_failed"


def _assert_the_end_of_a_run_is_recorded(airflow: Driven) -> None:
    """It is recorded where a task was killed, and where a person ended the run while a task still waited."""
    for end in ("killed", "by hand"):
        run, row = airflow.ended(end)
        assert run.state == "failed"
        assert row == ("2025-09-30", "failed", ["month"], True)


def test_psql_starts_the_server_for_itself_and_stops_it(home: Path) -> None:
    status, output = _finished(_command(home, "psql", "-c", "select count(*) from mart.publication"))
    assert (status, output) == (0, "0\n")
    assert _running(home) == []


PUBLICATIONS = """
insert into mart.publication (
    publication_no, published_at, kind_code, reason, as_of_date, code_version, build_id, run_id, stale_agencies,
    verdict_passed_count, verdict_warning_count, reverted_to, approved_by
)
values
(1, '2025-10-01 03:00+08', 'nightly', 'nightly refresh', '2025-09-30', 'test', 1, 'r/1', '{}', 1, 0, null, null),
(2, '2025-10-01 09:30+08', 'revert', 'wrong figures', '2025-09-29', 'test', 1, 'r/2', '{postal,power}', 1, 0, 1, 'Li')
"""


def test_the_status_of_a_stopped_stack_shows_the_last_publication_and_the_reverts(home: Path) -> None:
    with (
        database.serving(Home(home)) as admin_url,
        database.warehouse(Home(home), admin_url).connect("publisher") as publisher,
    ):
        publisher.execute(PUBLICATIONS)
    status, output = _finished(_command(home, "status", "--json"))
    assert status == 0, output
    shown = json.loads(output)
    newest = shown["publication"]
    assert (newest["publication_no"], newest["as_of_date"], newest["reverted_to"]) == (2, "2025-09-29", 1)
    assert newest["stale_agencies"] == ["postal", "power"]
    assert [(one["publication_no"], one["reverted_to"], one["reason"]) for one in shown["reverts"]] == [
        (2, 1, "wrong figures")
    ]
    status, output = _finished(_command(home, "status"))
    assert status == 0, output
    for line in ("newest publication 2", "published 2025-10-01 09:30", "stale agencies postal, power"):
        assert line in " ".join(output.split())
    assert "2 → 1, 2025-10-01 09:30, Li: wrong figures" in output
    assert _running(home) == []


def test_clean_removes_the_home(home: Path) -> None:
    status, output = _finished(_command(home, "clean", "--yes"))
    assert status == 0, output
    assert not home.exists()
