"""What a killed PostgreSQL server leaves behind: backends that outlive it, and the lock file of a process that is dead.

A backend that computes does not see that its server is gone, and as long as it runs no other server may start over the
same data. The lock file names a process id, which a zombie keeps where it is not reaped (process 1 of many containers).
"""

from __future__ import annotations

import contextlib
from pathlib import Path

import psutil

from local_stack.processes import kill_all


def is_alive(data: Path) -> bool:
    """Return whether the server that the lock file of a data folder names still runs, answering or not."""
    locked_by, _ = _lock_of(data)
    return locked_by is not None and _works_in(locked_by, data)


def copied_from(data: Path) -> Path | None:
    """Return the data folder of a running server of which this one is a copy, made while it ran; None: it is none."""
    locked_by, locked = _lock_of(data)
    is_other = locked is not None and locked.resolve() != data.resolve()
    return locked if locked_by and locked and is_other and _works_in(locked_by, locked) else None


def end(data: Path) -> None:
    """End what is left of a server that does not run any more; one that runs is left alone."""
    if not is_alive(data) and kill_all(lambda: _working_in(data)):
        (data / "postmaster.pid").unlink(missing_ok=True)


def _lock_of(data: Path) -> tuple[int | None, Path | None]:
    """Return the process and the data folder that the lock file of a data folder names; nothing where there is none."""
    try:
        locked_by, folder, *_ = (data / "postmaster.pid").read_text(encoding="utf-8").splitlines()
        return int(locked_by), Path(folder)
    except (FileNotFoundError, ValueError):
        return None, None


def _works_in(pid: int, data: Path) -> bool:
    with contextlib.suppress(psutil.NoSuchProcess, psutil.AccessDenied):
        process = psutil.Process(pid)
        return process.name() == "postgres" and process.cwd() == str(data.resolve())
    return False


def _working_in(data: Path) -> list[psutil.Process]:
    """Return a server's living processes: they work in its data folder, while a zombie has none."""
    # A person's shell may stand in the folder too.
    wanted = {"cwd": str(data.resolve()), "name": "postgres"}
    return [process for process in psutil.process_iter(["cwd", "name"]) if process.info == wanted]
