"""The issues of a run: failed fetches, rejected files and rows, failed expectations, stale figures."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from rich.console import Console

from green_freight.cli.airflow_client import DagRun, TaskState
from green_freight.cli.scorecard import published
from green_freight.labels import label
from green_freight.messages import message, read_words
from green_freight.warehouse import Warehouse

_ISSUES = read_words(Path(__file__).with_suffix(".yaml"))
TITLES = {kind: issue["title"] for kind, issue in _ISSUES.items()} | {
    "stale": label("timeliness", "stale").both
}
SHOWN = 12

# Lines by kind, in the order of TITLES; every kind is there, empty where there is no issue.
RunIssues = Mapping[str, list[str]]
NONE: RunIssues = {kind: [] for kind in TITLES}


def collect(warehouse: Warehouse, run_ids: list[str]) -> RunIssues:
    """Return the issues of the runs `dag_id/run_id`."""
    with warehouse.connect("owner") as owner:
        found = {
            kind: [str(line) for (line,) in owner.execute(issue["query"].encode(), [run_ids])]
            for kind, issue in _ISSUES.items()
        }
    stale = "select distinct subject_code from mart.data_quality where is_stale order by 1"
    return found | {"stale": [row["subject_code"] for row in published(warehouse.url("reader"), stale)]}


def print_issues(issues: RunIssues, console: Console, home: Path) -> None:
    """Print the issues, at most a dozen lines of a kind; where there are more, all of them go into a file in `home`."""
    file = home / "issues.txt"
    if any(len(lines) > SHOWN for lines in issues.values()):
        every = [f"{TITLES[kind]} ({len(lines)})\n" + "".join(f"    {line}\n" for line in lines)
                 for kind, lines in issues.items() if lines]  # fmt: skip
        file.write_text("\n".join(every), encoding="utf-8")
    for kind, lines in issues.items():
        if not lines:
            continue
        console.print(f"[yellow]![/] {TITLES[kind]} ({len(lines)})")
        for line in lines[:SHOWN]:
            console.print(f"    {line}", markup=False, soft_wrap=True)
        if len(lines) > SHOWN:
            rest = len(lines) - SHOWN
            console.print(f"    … {message('more_issues', count=rest, file=file)}", soft_wrap=True)


def print_failed_tasks(logs: Path, run: DagRun, failed: Sequence[TaskState], console: Console) -> None:
    """Print the end of the log of each failed task of a run; `logs` is the folder of the tasks' logs."""
    for task in failed[:4]:
        folder = logs / f"dag_id={run.dag_id}" / f"run_id={run.run_id}" / f"task_id={task.task_id}"
        if task.map_index >= 0:
            folder = folder / f"map_index={task.map_index}"
        log = folder / f"attempt={task.try_number}.log"
        console.print(f"[red]✗ {task.task_id}[/] {log}", soft_wrap=True)
        for line in task_errors(log):
            console.print(f"    {line}", markup=False, soft_wrap=True)


def task_errors(log: Path, shown: int = 6) -> list[str]:
    """Return the last warnings and errors of a task's log (JSON lines), its last lines if there are none."""
    lines = log.read_text(encoding="utf-8", errors="replace").splitlines() if log.exists() else []
    entries = [entry for line in lines if (entry := _entry(line))]
    bad = [entry for entry in entries if entry.get("level") in ("warning", "error", "critical")]
    return [_sentence(entry) for entry in (bad or entries)[-shown:]]


def _entry(line: str) -> dict[str, Any] | None:
    try:
        entry = json.loads(line)
    except ValueError:
        return None
    return entry if isinstance(entry, dict) else None


def _sentence(entry: dict[str, Any]) -> str:
    errors = [f"{one.get('exc_type')}: {one.get('exc_value')}" for one in entry.get("error_detail") or []]
    return " · ".join([str(entry.get("event", "")), *errors])
