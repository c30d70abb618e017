"""Locks between command lines that share one home. The kernel drops them when a process ends, however it ends."""

from __future__ import annotations

import fcntl
import json
import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


class HomeBusyError(RuntimeError):
    """Another command is at work in this home; the message names it and what one can do."""


@contextmanager
def sole_command(home: Path, command: str) -> Iterator[None]:
    """Hold the home for a command that starts or stops processes in it.

    Raises:
        HomeBusyError: another such command holds it.
    """
    with (home / "command.lock").open("a+", encoding="utf-8") as held:
        try:
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            held.seek(0)
            raise HomeBusyError(_refusal(home, held.read())) from None
        held.truncate(0)
        held.write(json.dumps({"command": command, "pid": os.getpid(), "since": time.strftime("%H:%M:%S")}))
        held.flush()
        yield


@contextmanager
def waiting(path: Path) -> Iterator[None]:
    """Hold a short critical section, waiting for one's turn."""
    with path.open("a") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        yield


class UseCount:
    """Tells the last of several users of one thing that it is the last (a shared lock as the counter)."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("a")
        fcntl.flock(self._file, fcntl.LOCK_SH)

    def is_last(self) -> bool:
        """Tell whether nobody else uses the thing; call it inside the section that also admits users."""
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
        who = f"`{holder['command']}` (pid {holder['pid']}, since {holder['since']})"
    except (ValueError, KeyError):
        who = "another command"
    launcher = Path(sys.argv[0]).name or "green-freight"
    return (
        f"{who} is at work in {home}. Wait for it, stop it with Ctrl-C in its terminal, or use another home:"
        f" GREEN_FREIGHT_HOME=… {launcher if launcher != '__main__.py' else './green-freight'} …"
        " / 已有另一条命令正在使用该目录，请等待其结束"
    )
