"""Locks between command lines that share one home. The kernel drops them when a process ends, however it ends."""

from __future__ import annotations

import fcntl
import json
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from green_freight.messages import message


class HomeBusyError(RuntimeError):
    """Another command is running in this home; the message names it and what can be done."""


@contextmanager
def sole_command(home: Path, command: str) -> Iterator[None]:
    """Hold the home for a command that starts or stops processes in it.

    Raises:
        HomeBusyError: another such command holds it.
    """
    lock = home / "command.lock"
    with lock.open("a+", encoding="utf-8") as held:
        try:
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            held.seek(0)
            raise HomeBusyError(_refusal(home, held.read())) from None
        if not lock.exists() or lock.stat().st_ino != os.fstat(held.fileno()).st_ino:
            raise HomeBusyError(message("home_vanished", home=home))
        held.truncate(0)
        held.write(json.dumps({"command": command, "pid": os.getpid(), "since": time.strftime("%H:%M:%S")}))
        held.flush()
        yield


@contextmanager
def waiting(path: Path) -> Iterator[None]:
    """Hold a short critical section, waiting for other holders."""
    with path.open("a") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        yield


class UseCount:
    """Counts the users of a resource, so that the last one knows that it is the last (by a shared lock)."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("a")
        fcntl.flock(self._file, fcntl.LOCK_SH)

    def is_last(self) -> bool:
        """Return whether there is no other user; call it inside the section that also admits users."""
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    def release(self) -> None:
        """Stop counting this user."""
        self._file.close()


def _refusal(home: Path, record: str) -> str:
    try:
        holder = json.loads(record)
        name = f"`{holder['command']}` (pid {holder['pid']}, {holder['since']})"
    except (ValueError, KeyError):
        name = "?"
    return (
        f"命令 {name} 正在使用目录 {home}，本命令未开始；请等待其结束、在其终端按 Ctrl-C，或用 "
        f"GREEN_FREIGHT_HOME 另选目录 / the command {name} is running in {home}, so this one did not "
        f"start; wait for it, stop it by Ctrl-C in its "
        "terminal, or choose another folder by GREEN_FREIGHT_HOME"
    )
