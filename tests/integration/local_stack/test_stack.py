"""The stack for real: PostgreSQL, the four agencies and Airflow, over DAGs that only wait.

One scenario in one home, because every start costs seconds: interrupted, killed, gone on with, left running, stopped.
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
from pathlib import Path

import pytest

from local_stack.home import Home

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


def test_sigterm_stops_everything_and_the_status_says_so(home: Path) -> None:
    command = _command(home, "run", TEST_TASK_SECONDS="300")
    _wait_until(lambda: _task_runs(home), command)
    second = _command(home, "run")
    status, output = _finished(second)
    assert status == 1
    assert "`run` (pid" in output
    command.send_signal(signal.SIGTERM)
    status, output = _finished(command)
    assert status == 128 + signal.SIGTERM
    assert "interrupted" in output
    assert _running(home) == []
    assert _trace(home) == []


def test_after_sigkill_the_next_run_cleans_up_and_goes_on(home: Path) -> None:
    killed = _command(home, "run", TEST_TASK_SECONDS="300")
    _wait_until(lambda: "api-server" in {path.name for path in Home(home).processes.iterdir()}, killed)
    killed.kill()
    killed.communicate()
    assert any("api" in words for words in _running(home))
    status, output = _finished(_command(home, "run", "--json"))
    assert status == 0, output
    assert "interrupted command left" in output
    result = json.loads(next(line for line in output.splitlines() if line.startswith("{")))
    assert [(run["dag_id"], run["state"]) for run in result["runs"]] == [
        ("backfill_history", "success"),
        ("nightly_refresh", "success"),
    ]
    assert _trace(home) == ["1", "2", "3", "4"]
    assert _running(home) == []


def test_a_failed_run_is_the_exit_status_and_shows_the_tasks_log(home: Path) -> None:
    status, output = _finished(_command(home, "run", TEST_FAILS="1"))
    assert status == 1
    assert "the test wants this task to fail" in output
    assert _running(home) == []


def test_up_stays_until_down_and_psql_reads_meanwhile(home: Path) -> None:
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
    assert json.loads(_finished(_command(home, "status", "--json"))[1])["is_up"]
    status, _ = _finished(_command(home, "down"))
    assert status == 0
    assert _running(home) == []


def test_psql_starts_the_server_for_itself_and_stops_it(home: Path) -> None:
    status, output = _finished(_command(home, "psql", "-c", "select count(*) from mart.publication"))
    assert (status, output) == (0, "0\n")
    assert _running(home) == []


def test_clean_removes_the_home(home: Path) -> None:
    status, output = _finished(_command(home, "clean", "--yes"))
    assert status == 0, output
    assert not home.exists()
