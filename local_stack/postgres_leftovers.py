"""What a killed PostgreSQL server leaves behind: backends that outlive it, and the lock file of a process that is dead.

A backend that computes does not see that its server is gone, and as long as it runs no other server may start over the
same data. The lock file names a process id, which a zombie keeps where it is not reaped (process 1 of many containers).
"""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import psutil

_DEADLINE_SECONDS = 10.0


def is_alive(data: Path) -> bool:
    """Return whether the server that the lock file of a data folder names still runs, answering or not."""
    pid = _locked_by(data)
    return pid is not None and pid in _working_in(data)


def end(data: Path) -> None:
    """End what is left of a server that does not run any more; one that runs is left alone."""
    if is_alive(data):
        return
    deadline = time.monotonic() + _DEADLINE_SECONDS
    while (left := list(_working_in(data))) and time.monotonic() < deadline:
        for pid in left:
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                continue
        time.sleep(0.02)
    if not left:
        (data / "postmaster.pid").unlink(missing_ok=True)


def _locked_by(data: Path) -> int | None:
    try:
        return int((data / "postmaster.pid").read_text(encoding="utf-8").split()[0])
    except (FileNotFoundError, ValueError, IndexError):
        return None


def _working_in(data: Path) -> Iterator[int]:
    """Yield the ids of a server's living processes: they work in its data folder, while a zombie has none."""
    folder = str(data.resolve())
    for process in psutil.process_iter(["cwd", "name"]):
        # A person's shell may stand in the folder too.
        if process.info["cwd"] == folder and process.info["name"] == "postgres":
            yield process.pid
