"""What a killed PostgreSQL server leaves behind: backends that outlive it, and the lock file of a process that is dead.

A backend that computes does not see that its server is gone, and as long as it runs no other server may start over the
same data. The lock file names a process id, which a zombie keeps where it is not reaped (process 1 of many containers).
"""

from __future__ import annotations

from pathlib import Path

import psutil

from local_stack.processes import kill_all


def is_alive(data: Path) -> bool:
    """Return whether the server that the lock file of a data folder names still runs, answering or not."""
    try:
        locked_by = int((data / "postmaster.pid").read_text(encoding="utf-8").split()[0])
    except (FileNotFoundError, ValueError, IndexError):
        return False
    return any(process.pid == locked_by for process in _working_in(data))


def end(data: Path) -> None:
    """End what is left of a server that does not run any more; one that runs is left alone."""
    if not is_alive(data) and kill_all(lambda: _working_in(data)):
        (data / "postmaster.pid").unlink(missing_ok=True)


def _working_in(data: Path) -> list[psutil.Process]:
    """Return a server's living processes: they work in its data folder, while a zombie has none."""
    # A person's shell may stand in the folder too.
    wanted = {"cwd": str(data.resolve()), "name": "postgres"}
    return [process for process in psutil.process_iter(["cwd", "name"]) if process.info == wanted]
