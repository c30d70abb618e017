"""Child processes that can always be found again: started in a session of their own, recorded, stopped for sure.

The record is the kernel's own line about the process (`/proc/<pid>/stat`: id, session, start time), written
by the child itself before it becomes the program. So there is no instant in which a child runs unrecorded,
and a recycled process id is never taken for ours: its start time differs.
"""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

GRACE_SECONDS = 20.0
_BOOT_ID = Path("/proc/sys/kernel/random/boot_id")

# Becomes the program only after it has told who it is; $0 is the record's path.
_RECORD_THEN_EXEC = (
    'read -r boot </proc/sys/kernel/random/boot_id && read -r self </proc/$$/stat &&'
    ' printf "%s\\n%s\\n" "$boot" "$self" >"$0" && exec "$@"'
)  # fmt: skip


class ProcessDiedError(RuntimeError):
    """A process of the stack ended by itself; the message carries the end of its log."""


@dataclass(frozen=True)
class Recorded:
    """One process that was started: its name, id (also its session's id) and start time in clock ticks."""

    name: str
    pid: int
    started_ticks: int
    boot_id: str
    record: Path

    def is_alive(self) -> bool:
        """Return whether this very process still runs (a zombie does not)."""
        now = _stat(self.pid)
        return (
            now is not None
            and now.started_ticks == self.started_ticks
            and self._same_boot()
            and now.state != "Z"
        )

    def members(self) -> list[int]:
        """Return the ids of all living processes of this one's session, itself included."""
        leader = _stat(self.pid)
        if not self._same_boot() or (leader and leader.started_ticks != self.started_ticks):
            return []
        return [
            stat.pid
            for stat in _all_stats()
            if stat.session == self.pid and stat.state != "Z" and stat.started_ticks >= self.started_ticks
        ]

    def _same_boot(self) -> bool:
        return self.boot_id == _BOOT_ID.read_text(encoding="ascii").strip()


def start(
    name: str, command: Sequence[str], environment: Mapping[str, str], records: Path, log: Path, cwd: Path
) -> Recorded:
    """Start a program in its own session with its output appended to `log`, and record it in `records`.

    Raises:
        ProcessDiedError: it ended before it was recorded (for example: the program does not exist).
    """
    record = records / name
    record.unlink(missing_ok=True)
    with log.open("ab") as output:
        child = subprocess.Popen(
            ["/bin/sh", "-c", _RECORD_THEN_EXEC, str(record), *command],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            env=dict(environment),
            cwd=cwd,
            start_new_session=True,
            umask=0o077,
        )
    while (known := read(record)) is None:
        if child.poll() is not None:
            raise ProcessDiedError(died_message(name, log))
        time.sleep(0.005)
    return known


def read(record: Path) -> Recorded | None:
    """Return what a record says, None while it is absent or half written."""
    try:
        boot, stat = record.read_text(encoding="ascii").splitlines()
    except (FileNotFoundError, ValueError):
        return None
    parsed = _parse_stat(stat)
    return Recorded(record.name, parsed.pid, parsed.started_ticks, boot, record)


def recorded(records: Path) -> list[Recorded]:
    """Return all recorded processes, oldest first, alive or not."""
    found = [known for path in records.iterdir() if path.is_file() and (known := read(path))]
    return sorted(found, key=lambda one: one.started_ticks)


def stop(ones: Iterable[Recorded], grace_seconds: float = GRACE_SECONDS) -> None:
    """Stop processes side by side: one SIGTERM to each, `grace_seconds` in all, then SIGKILL to their sessions.

    Only the session's leader gets the SIGTERM: Airflow's scheduler then lets its running tasks end, while a
    SIGTERM to the tasks would mark them failed.
    """
    ones = list(ones)
    for one in ones:
        if one.is_alive():
            _signal(one.pid, signal.SIGTERM)
    deadline = time.monotonic() + grace_seconds
    try:
        while any(one.is_alive() for one in ones) and time.monotonic() < deadline:
            _reap(ones)
            time.sleep(0.05)
    finally:
        kill(ones)


def kill(ones: Iterable[Recorded]) -> None:
    """SIGKILL every process left in the sessions and forget the records."""
    for one in ones:
        for _ in range(100):
            members = one.members()
            if not members:
                break
            for pid in members:
                _signal(pid, signal.SIGKILL)
            time.sleep(0.02)
            _reap([one])
        one.record.unlink(missing_ok=True)


def died_message(name: str, log: Path) -> str:
    """Return what to tell when a process ended by itself."""
    return f"{name} ended by itself / 进程意外结束；{log}:\n{log_tail(log)}"


def log_tail(log: Path, lines: int = 15) -> str:
    """Return the last lines of a log file, an empty text when there is none."""
    if not log.exists():
        return ""
    with log.open("rb") as content:
        content.seek(max(0, log.stat().st_size - 400 * lines))
        text = content.read().decode("utf-8", errors="replace")
    return "\n".join(text.splitlines()[-lines:])


@dataclass(frozen=True)
class _Stat:
    pid: int
    state: str
    session: int
    started_ticks: int


def _parse_stat(line: str) -> _Stat:
    # The second field is the program's name in brackets and may hold anything, so count from the last bracket.
    pid, rest = line.split(" ", 1)
    fields = rest[rest.rindex(")") + 2 :].split()
    return _Stat(int(pid), fields[0], int(fields[3]), int(fields[19]))


def _stat(pid: int) -> _Stat | None:
    try:
        return _parse_stat(Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace"))
    except (FileNotFoundError, ProcessLookupError):
        return None


def _all_stats() -> list[_Stat]:
    return [
        stat for path in Path("/proc").iterdir() if path.name.isdigit() and (stat := _stat(int(path.name)))
    ]


def _signal(pid: int, number: signal.Signals) -> None:
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        return


def _reap(ones: Iterable[Recorded]) -> None:
    for one in ones:
        try:
            os.waitpid(one.pid, os.WNOHANG)
        except ChildProcessError:
            continue
