"""`logs`: the log files of the stack's processes."""

from __future__ import annotations

import time
from pathlib import Path

from green_freight.cli.errors import NotAvailableError
from rich.console import Console

from local_stack.home import Home
from local_stack.postgres import EmbeddedPostgres
from local_stack.processes import log_tail


def files(home: Home) -> dict[str, Path]:
    """Return the log files by process."""
    found = {path.stem: path for path in sorted(home.logs.glob("*.log"))}
    if home.postgres.exists():
        found["postgres"] = EmbeddedPostgres(home.postgres).run_home / "server.log"
    return {name: path for name, path in found.items() if path.exists()}


def print_list(home: Home, console: Console) -> None:
    """Print which logs there are; tasks' logs lie in folders below `logs/tasks`."""
    for name, path in files(home).items():
        console.print(f"{name:<14} {path.stat().st_size / 1024:>8,.0f} KiB  {path}", soft_wrap=True)
    console.print(f"任务日志 · tasks' logs: {home.task_logs}", soft_wrap=True)


def print_tail(home: Home, name: str, lines: int, follow: bool) -> None:
    """Print the last lines of one log, and with `follow` whatever comes until Ctrl-C.

    Raises:
        NotAvailableError: there is no such log.
    """
    known = files(home)
    if name not in known:
        raise NotAvailableError(
            f"没有日志 {name!r}，现有 / there is no log {name!r}, choose one of: {', '.join(known) or '–'}"
        )
    path = known[name]
    print(log_tail(path, lines), flush=True)
    if not follow:
        return
    with path.open("rb") as content:
        content.seek(0, 2)
        while True:
            new = content.read()
            if new:
                print(new.decode("utf-8", errors="replace"), end="", flush=True)
            time.sleep(0.3)
