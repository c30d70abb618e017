"""The embedded server killed with -9, moved and copied: what was committed is there, whatever still ran.

Where root runs the tests, a folder that the server's own account cannot enter has its data elsewhere.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from local_stack import postgres_leftovers
from local_stack.postgres import EmbeddedPostgres, PostgresError, ServerAddress

NUMBERS = "generate_series(1, 99999)"
FOR_EVER = f"select count(*) from {NUMBERS} as a, {NUMBERS} as b, {NUMBERS} as c"
DEADLINE_SECONDS = 60.0


@pytest.fixture
def killable() -> Iterator[EmbeddedPostgres]:
    with tempfile.TemporaryDirectory(prefix="green-freight-tests-") as folder:
        Path(folder).chmod(0o755)
        server = EmbeddedPostgres(Path(folder))
        yield server
        server.stop()


def data_of(server: EmbeddedPostgres) -> Path:
    return server.run_home / "data"


def kill(server: EmbeddedPostgres) -> None:
    pid = int((data_of(server) / "postmaster.pid").read_text(encoding="ascii").split()[0])
    os.kill(pid, signal.SIGKILL)


def numbers(address: ServerAddress, *new: int) -> list[int]:
    """Insert numbers into a table and return what it holds."""
    with psycopg.connect(address.dsn(), autocommit=True) as admin:
        admin.execute("create table if not exists kept (n int)")
        for number in new:
            admin.execute("insert into kept values (%s)", [number])
        return [n for (n,) in admin.execute("select n from kept order by n")]


@pytest.fixture
def places() -> Iterator[Path]:
    """Give a folder in which every server is stopped and removed at the end."""
    with tempfile.TemporaryDirectory(prefix="green freight ") as folder:
        Path(folder).chmod(0o755)
        yield Path(folder)
        for home in {path.parent for path in Path(folder).rglob("password")}:
            EmbeddedPostgres(home).remove()


def folder_of(places: Path, name: str, mode: int) -> Path:
    """Return the place of a home below a folder that others may enter, or not."""
    (places / name).mkdir(mode=mode, parents=True)
    return places / name / "postgres"


@pytest.mark.parametrize(("mode", "new_mode"), [(0o755, 0o700), (0o700, 0o755)])
def test_a_moved_home_keeps_its_data_and_a_copy_gets_its_own(places: Path, mode: int, new_mode: int) -> None:
    home = folder_of(places, "old home", mode)
    first = EmbeddedPostgres(home)
    assert numbers(first.start(), 1) == [1]
    first.stop()
    home.rename(moved := folder_of(places, "moved home", new_mode))
    second = EmbeddedPostgres(moved)
    assert numbers(second.start(), 2) == [1, 2]
    with contextlib.suppress(shutil.Error):
        shutil.copytree(moved, copied := folder_of(places, "a copy", new_mode))
    with pytest.raises(PostgresError, match=r"copied from .* while its database server ran"):
        EmbeddedPostgres(copied).start()
    assert not EmbeddedPostgres(copied).is_running()
    EmbeddedPostgres(copied).remove()
    second.stop()
    shutil.rmtree(copied, ignore_errors=True)
    subprocess.run(["cp", "-a", moved, copied], check=True)
    third = EmbeddedPostgres(copied)
    assert numbers(third.start(), 3) == [1, 2, 3]
    third.stop()
    assert numbers(EmbeddedPostgres(moved).start()) == [1, 2]
    # Where the first home was, a new one begins with nothing.
    assert numbers(EmbeddedPostgres(home).start()) == []


@pytest.mark.skipif(os.geteuid() != 0, reason="a server of this account has its data in its home")
def test_data_that_did_not_come_along_are_named(places: Path) -> None:
    home = folder_of(places, "home", 0o700)
    server = EmbeddedPostgres(home)
    server.start()
    server.stop()
    shutil.rmtree(server.run_home)
    with pytest.raises(PostgresError, match="where there is none") as raised:
        EmbeddedPostgres(home).start()
    assert str(server.run_home) in str(raised.value)


def compute_for_ever(address: ServerAddress) -> None:
    with pytest.raises(psycopg.OperationalError), psycopg.connect(address.dsn()) as session:
        session.execute(FOR_EVER)


def computing_for_ever(address: ServerAddress) -> threading.Thread:
    """Let a backend compute, in a thread that waits for it, and return once it does."""
    computing = threading.Thread(target=compute_for_ever, args=[address])
    computing.start()
    busy = "select count(*) from pg_stat_activity where query = %s and state = 'active'"
    deadline = time.monotonic() + DEADLINE_SECONDS
    with psycopg.connect(address.dsn(), autocommit=True) as admin:
        while admin.execute(busy, [FOR_EVER]).fetchone() != (1,):
            assert time.monotonic() < deadline
    return computing


def test_a_killed_server_starts_again_although_a_backend_outlives_it(killable: EmbeddedPostgres) -> None:
    address = killable.start()
    with psycopg.connect(address.dsn(), autocommit=True) as admin:
        admin.execute("create table kept (n int)")
        admin.execute("insert into kept values (1)")
    computing = computing_for_ever(address)
    uncommitted = psycopg.connect(address.dsn())
    uncommitted.execute("insert into kept values (2)")
    kill(killable)
    # Nobody has reaped it and the backend computes on: both would keep a new server away.
    assert killable.start() == address
    computing.join(DEADLINE_SECONDS)
    assert not computing.is_alive()
    uncommitted.close()
    with psycopg.connect(address.dsn()) as admin:
        assert admin.execute("select n from kept").fetchall() == [(1,)]


def test_what_still_runs_is_left_alone(killable: EmbeddedPostgres) -> None:
    address = killable.start()
    with psycopg.connect(address.dsn()) as admin:
        postgres_leftovers.end(data_of(killable))
        assert admin.execute("select 1").fetchone() == (1,)
    assert killable.start() == address


def test_a_port_in_use_and_a_server_that_cannot_start_are_named(
    killable: EmbeddedPostgres, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    port = killable.start().port
    killable.stop()
    with socket.create_server(("127.0.0.1", port)):
        other = killable.start().port
        assert other != port
        assert f"port {port} is in use by" in caplog.text
        assert f"(pid {os.getpid()}), so it listens on {other}" in caplog.text
    killable.stop()
    monkeypatch.setattr("local_stack.postgres.DEATH_SECONDS", 1)
    with (data_of(killable) / "postgresql.conf").open("a", encoding="utf-8") as settings:
        settings.write("shared_buffers = 'a disk that is full'\n")
    with pytest.raises(
        PostgresError, match=r"(?s)did not start \(.* MB free of .*a disk that is full"
    ) as raised:
        killable.start()
    assert str(killable.log) in str(raised.value)


def test_stopping_ends_what_a_killed_server_left(killable: EmbeddedPostgres) -> None:
    address = killable.start()
    computing = computing_for_ever(address)
    kill(killable)
    killable.stop()
    computing.join(DEADLINE_SECONDS)
    assert not computing.is_alive()
    assert not (data_of(killable) / "postmaster.pid").exists()
