"""Processes that are killed at a named point, for tests of what they leave: `kill -9` without any time in it.

A step runs in a process of its own, in which one function is replaced: at one of its calls the process kills itself,
before or after the function has done its work. The processes are forked from a server that has imported the package
and nothing else, so that they begin at once and share no connection with the test.

`chosen` leaves out what is slow unless KILL_POINTS=all is set; CONTRIBUTING.md has the command.
"""

from __future__ import annotations

import functools
import hashlib
import importlib
import itertools
import multiprocessing
import os
import signal
import tempfile
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psutil
from green_freight.warehouse import lease, scratch

from tests.warehouses import Warehouse

_IMPORTED = ["green_freight.backfill.steps", "green_freight.replaying", "tests.killed_processes"]
_DEADLINE_SECONDS = 300.0
# The server looks after its clients every two seconds, also while a statement runs.
_GONE_SECONDS = 20.0


@dataclass(frozen=True)
class KillPoint:
    """Where a step is killed: at a call of a function (`module:qualified name`, as the step finds it).

    `name` says what is done and what is not; `call` which of the function's calls it is, and `is_after` whether the
    function does its work first. `is_quick` points belong to every run of the suite; those that `keeps_candidate` come
    when the step has ended and the run keeps the candidate for its next one.
    """

    name: str
    function: str
    call: int = 1
    is_after: bool = False
    is_quick: bool = False
    keeps_candidate: bool = False


@dataclass(frozen=True)
class Leftovers:
    """What is there that no finished step leaves: in words, one thing each; none of it is what the next one needs."""

    processes: tuple[str, ...] = ()
    sessions: tuple[str, ...] = ()
    cut_off: tuple[str, ...] = ()
    candidate: tuple[str, ...] = ()
    scratches: tuple[str, ...] = ()
    files: tuple[str, ...] = ()

    def __str__(self) -> str:
        """Return everything in one line."""
        return (
            "; ".join(f"{kind}: {', '.join(found)}" for kind, found in vars(self).items() if found)
            or "nothing"
        )


def chosen(points: Iterable[KillPoint]) -> list[KillPoint]:
    """Return the points of a step that this run of the tests kills at."""
    return [point for point in points if point.is_quick or os.environ.get("KILL_POINTS") == "all"]


def kill_at(
    point: KillPoint, warehouse: Warehouse, step: Callable[..., object], *arguments: Any
) -> Leftovers:
    """Run a step of a warehouse in a process that is killed at a point, print and return what it leaves.

    Neither a process nor a session of it may stay, and with its sessions go its locks, nor may a landed file be cut
    off; what else is there is the next run's to remove. The sessions are waited for: the server ends each once it
    notices.
    """
    temporary = warehouse.home / "tmp"
    temporary.mkdir(exist_ok=True)
    before = {pid for pid, _ in _sessions(warehouse)}
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(_IMPORTED)
    process = context.Process(target=_run_until, args=(point, temporary, step, arguments))
    process.start()
    process.join(_DEADLINE_SECONDS)
    assert process.exitcode == -signal.SIGKILL, f"{point.name}: the step ended with {process.exitcode}"
    assert process.pid is not None
    deadline = time.monotonic() + _GONE_SECONDS
    while True:
        children = _processes_of(process.pid)
        sessions = [words for pid, words in _sessions(warehouse) if pid not in before]
        if not (children or sessions) or time.monotonic() > deadline:
            break
        time.sleep(0.05)
    left = leftovers(warehouse, children, sessions)
    print(f"{step.__name__:<14} | {point.name:<48} | {left}", flush=True)
    assert replace(left, candidate=(), scratches=(), files=()) == Leftovers(), f"{point.name}: {left}"
    assert bool(left.candidate) == point.keeps_candidate, f"{point.name}: {left}"
    return left


def let_a_day_pass(warehouse: Warehouse) -> None:
    """Let the files that were being written look as old as they are in the next night, which removes them."""
    for path in (warehouse.home / "landing" / ".unfinished").glob("*"):
        os.utime(path, (0, 0))


def leftovers(warehouse: Warehouse, processes: Sequence[str] = (), sessions: Sequence[str] = ()) -> Leftovers:
    """Return what is there that no finished step leaves, besides the processes and sessions given."""
    return Leftovers(
        tuple(processes),
        tuple(sessions),
        tuple(_cut_off(warehouse)),
        tuple(_candidate(warehouse)),
        tuple(_scratches(warehouse)),
        tuple(_unfinished(warehouse)),
    )


def _run_until(
    point: KillPoint, temporary: Path, step: Callable[..., object], arguments: Sequence[Any]
) -> None:
    """Replace the point's function and run the step, in the process that is killed."""
    os.setsid()
    tempfile.tempdir = str(temporary)
    module, _, path = point.function.partition(":")
    *places, name = path.split(".")
    # Not by the package's attribute: a function of the module's name may stand there.
    owner: Any = functools.reduce(getattr, places, importlib.import_module(module))
    original, calls = getattr(owner, name), itertools.count(1)

    @functools.wraps(original)
    def killing(*given: Any, **named: Any) -> Any:
        if next(calls) != point.call:
            return original(*given, **named)
        if point.is_after:
            original(*given, **named)
        return os.kill(os.getpid(), signal.SIGKILL)

    setattr(owner, name, killing)
    step(*arguments)


def _processes_of(session: int) -> list[str]:
    found = []
    for process in psutil.process_iter(["pid"]):
        try:
            if os.getsid(process.pid) == session and process.status() != psutil.STATUS_ZOMBIE:
                found.append(" ".join(process.cmdline()))
        except (OSError, psutil.Error):
            continue
    return found


def _sessions(warehouse: Warehouse) -> list[tuple[int, str]]:
    with warehouse.admin() as admin:
        return admin.execute(
            "select pid, format('%%s %%s', application_name, left(query, 60)) from pg_stat_activity "
            "where (datname = %s or starts_with(datname, %s)) and backend_type = 'client backend' "
            "and pid <> pg_backend_pid()",
            [warehouse.database, scratch.prefix(warehouse)],
        ).fetchall()


def _candidate(warehouse: Warehouse) -> list[str]:
    """Return the run that keeps the candidate for its next step; a row that anybody may take over is none."""
    with warehouse.connect("loader") as loader:
        found = lease.holder(loader)
    assert not (found and found.backend_pid)
    return [found.run_id] if found and found.expires_at > datetime.now(UTC) else []


def _scratches(warehouse: Warehouse) -> list[str]:
    with warehouse.admin() as admin:
        query = "select datname from pg_database where starts_with(datname, %s)"
        return [name for (name,) in admin.execute(query, [scratch.prefix(warehouse)])]


def _cut_off(warehouse: Warehouse) -> list[str]:
    """Return the landed files that are not the content by whose hash they are named, or no whole provenance."""
    landing = warehouse.home / "landing"
    files = (path for path in landing.rglob("*") if path.is_file() and ".unfinished" not in path.parts)
    return [str(path.relative_to(landing)) for path in files if not _is_whole(path)]


def _is_whole(path: Path) -> bool:
    content = path.read_bytes()
    if path.name.endswith(".provenance.json"):
        return content.endswith(b"}\n")
    return hashlib.sha256(content).hexdigest()[:16] == path.name.partition("-")[0]


def _unfinished(warehouse: Warehouse) -> list[str]:
    """Return the folders of the home in which nothing stays, with the number of files that are in them."""
    folders = ("landing/.unfinished", "scratch", "tmp")
    counts = {name: sum(path.is_file() for path in (warehouse.home / name).rglob("*")) for name in folders}
    return [f"{name} ({count})" for name, count in counts.items() if count]
