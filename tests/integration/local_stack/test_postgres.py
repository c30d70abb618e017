"""The embedded server killed with -9: what was committed is there, at the same address, whatever still ran."""

from __future__ import annotations

import os
import signal
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from local_stack import postgres_leftovers
from local_stack.postgres import EmbeddedPostgres, ServerAddress

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


def test_stopping_ends_what_a_killed_server_left(killable: EmbeddedPostgres) -> None:
    address = killable.start()
    computing = computing_for_ever(address)
    kill(killable)
    killable.stop()
    computing.join(DEADLINE_SECONDS)
    assert not computing.is_alive()
    assert not (data_of(killable) / "postmaster.pid").exists()
