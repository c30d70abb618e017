"""Child processes that can always be found again: started in a session of their own, recorded, stopped for sure.

The child writes its record itself before it becomes the program, so there is no instant in which it runs unrecorded.
The record holds its start time, counted from the machine's start, so a recycled process id is never taken for ours.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import psutil

GRACE_SECONDS = 20.0
KILL_SECONDS = 10.0
_BOOT_ID = Path("/proc/sys/kernel/random/boot_id")


class ProcessDiedError(RuntimeError):
    """A process of the stack ended by itself; the message carries the end of its log."""


@dataclass(frozen=True)
class Recorded:
    """One process that was started: its id (also its session's id), its start in seconds since the boot `boot_id`.

    `folder` is the number of the folder of records at that time: a copy of the folder has another one, so that the
    processes of a home are never taken for those of its copy.
    """

    record: Path
    pid: int
    started: float
    boot_id: str
    folder: str

    @property
    def name(self) -> str:
        """The name under which the process was started."""
        return self.record.name

    def is_alive(self) -> bool:
        """Return whether this very process still runs (a zombie does not)."""
        # Asked often, so the other processes of the machine are not looked through.
        with contextlib.suppress(psutil.NoSuchProcess):
            process = psutil.Process(self.pid)
            return (
                self._is_of_this_boot_and_home()
                and self._is_its(process)
                and _is_in_session(process, self.pid)
            )
        return False

    def members(self) -> list[psutil.Process]:
        """Return all living processes of this one's session, itself included."""
        if not self._is_of_this_boot_and_home():
            return []
        with contextlib.suppress(psutil.NoSuchProcess):
            if not self._is_its(psutil.Process(self.pid)):
                return []
        return [process for process in psutil.process_iter() if _is_in_session(process, self.pid)]

    def _is_of_this_boot_and_home(self) -> bool:
        is_copied = self.folder != _number(self.record.parent)
        return not is_copied and self.boot_id == _BOOT_ID.read_text(encoding="ascii").strip()

    def _is_its(self, process: psutil.Process) -> bool:
        return _started(process) == self.started


def start(
    name: str, command: Sequence[str], environment: Mapping[str, str], records: Path, log: Path, cwd: Path
) -> Recorded:
    """Start a program in its own session with its output appended to `log`, and record it in `records`.

    Raises:
        ProcessDiedError: there is no such program, or it may not be run.
    """
    record = records / name

    def write_record() -> None:
        me = psutil.Process()
        boot_id = _BOOT_ID.read_text(encoding="ascii").strip()
        record.write_text(f"{me.pid} {_started(me)} {boot_id} {_number(records)}\n", encoding="ascii")

    try:
        with log.open("ab") as output:
            subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                env=environment,
                cwd=cwd,
                start_new_session=True,
                umask=0o077,
                preexec_fn=write_record,
            )
    except OSError as error:
        raise ProcessDiedError(f"{name} 无法启动 / {name} cannot be started: {error}") from error
    return _read(record)


def recorded(records: Path) -> list[Recorded]:
    """Return all recorded processes, oldest first, alive or not."""
    found = []
    for path in records.iterdir():
        # A record may be half written, or be removed meanwhile.
        with contextlib.suppress(FileNotFoundError, ValueError):
            found.append(_read(path))
    return sorted(found, key=lambda one: one.started)


def stop(ones: Iterable[Recorded], grace_seconds: float = GRACE_SECONDS) -> None:
    """Stop processes side by side: one SIGTERM to each, `grace_seconds` in all, then SIGKILL to their sessions.

    Only the session's leader gets the SIGTERM: Airflow's scheduler then lets its running tasks end, while a
    SIGTERM to the tasks would mark them failed.
    """
    ones = list(ones)
    for one in ones:
        if one.is_alive():
            with contextlib.suppress(ProcessLookupError):
                os.kill(one.pid, signal.SIGTERM)
    deadline = time.monotonic() + grace_seconds
    try:
        while any(one.is_alive() for one in ones) and time.monotonic() < deadline:
            time.sleep(0.05)
    finally:
        kill(ones)


def kill(ones: Iterable[Recorded]) -> None:
    """SIGKILL every process left in the sessions and forget the records."""
    for one in ones:
        kill_all(one.members)
        one.record.unlink(missing_ok=True)


def kill_all(find: Callable[[], Sequence[psutil.Process]]) -> bool:
    """SIGKILL the processes that `find` returns until it returns none; return whether none is left."""
    deadline = time.monotonic() + KILL_SECONDS
    while (left := find()) and time.monotonic() < deadline:
        for process in left:
            with contextlib.suppress(psutil.NoSuchProcess):
                process.kill()
        time.sleep(0.02)
    return not left


def died_message(name: str, log: Path) -> str:
    """Return what to tell when a process ended by itself."""
    return (
        f"进程 {name} 意外结束；重新执行命令会从中断处继续，日志为 {log} / The process {name} ended by itself; "
        f"repeat the command, which goes on where it was interrupted; its log is {log}:\n{log_tail(log)}"
    )


def log_tail(log: Path, lines: int = 15) -> str:
    """Return the last lines of a log file, an empty text when there is none."""
    if not log.exists():
        return ""
    with log.open("rb") as content:
        content.seek(max(0, log.stat().st_size - 400 * lines))
        text = content.read().decode("utf-8", errors="replace")
    return "\n".join(text.splitlines()[-lines:])


def _read(record: Path) -> Recorded:
    # Records of an older release have no number of their folder.
    pid, started, boot_id, *folder = record.read_text(encoding="ascii").split()
    return Recorded(
        record, int(pid), float(started), boot_id, folder[0] if folder else _number(record.parent)
    )


def _number(folder: Path) -> str:
    found = folder.stat()
    return f"{found.st_dev}:{found.st_ino}"


def _started(process: psutil.Process) -> float:
    # Seconds since the machine's start: unlike the time of day they stay the same when the clock is set.
    return round(process.create_time() - psutil.boot_time(), 2)


def _is_in_session(process: psutil.Process, session: int) -> bool:
    try:
        return os.getsid(process.pid) == session and process.status() != psutil.STATUS_ZOMBIE
    except (ProcessLookupError, psutil.NoSuchProcess):
        return False
