"""The issues of a run: failed fetches, rejected files and rows, failed expectations, stale figures."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import psycopg
from rich.console import Console

from green_freight.cli.airflow_client import DagRun, TaskState
from green_freight.labels import label
from green_freight.warehouse import Warehouse

_FAILED_FETCHES = """
select agency_code || ' ' || delivery_name || ' ' || period_label || ': ' || coalesce(error_message, error_code)
from (
    select distinct on (agency_code, delivery_name, period_label) *
    from ops.fetch where run_id = any(%s)
    order by agency_code, delivery_name, period_label, fetch_id desc
) as newest
where outcome_code like 'failed%%' order by 1
"""
_STOPPED_LOADS = """
select dataset_id || ' ' || period_label || ': ' || coalesce(error_message, 'stopped')
from ops.load where run_id = any(%s) and outcome_code = 'stopped' order by 1
"""
_LOAD_WARNINGS = """
select distinct load.dataset_id || ' ' || load.period_label || ': ' || coalesce(
    (warning ->> 'message_zh') || ' / ' || (warning ->> 'message_en'), warning::text
)
from ops.load cross join lateral jsonb_array_elements(load.warnings) as warning
where load.run_id = any(%s) and jsonb_typeof(load.warnings) = 'array'
    and coalesce(warning ->> 'severity', 'warning') <> 'info'
order by 1
"""
_REJECTED = """
select rejected.dataset_id || ' ' || rejected.reason_code || ' × ' || count(*) || ': '
    || min(rejected.message_zh) || ' / ' || min(rejected.message_en)
from ops.rejected_row as rejected join ops.load using (load_id)
where load.run_id = any(%s) group by rejected.dataset_id, rejected.reason_code order by count(*) desc
"""
_VERDICTS = """
select distinct severity_code || ' ' || table_name || ' ' || expectation_code || ' (' || coalesce(unexpected_count, 0)
    || '): ' || coalesce(message_zh, '') || ' / ' || coalesce(message_en, '')
from ops.verdict where run_id = any(%s) and not is_success order by 1
"""
_STALE = """
select distinct subject_code from mart.data_quality where is_stale order by 1
"""

TITLES = {
    "failed_fetches": "取数失败 · failed fetches",
    "stopped_loads": "整份拒收 · rejected files",
    "load_warnings": "装载提示 · load warnings",
    "rejected_rows": "拒收的行 · rejected rows",
    "verdicts": "审核未通过项 · failed expectations",
    "stale": label("timeliness", "stale").both,
}
SHOWN = 12

# Lines by kind, in the order of TITLES; every kind is there, empty where there is no issue.
RunIssues = Mapping[str, list[str]]
NONE: RunIssues = {kind: [] for kind in TITLES}


def collect(warehouse: Warehouse, run_ids: list[str]) -> RunIssues:
    """Return the issues of the runs `dag_id/run_id`."""
    queries = [_FAILED_FETCHES, _STOPPED_LOADS, _LOAD_WARNINGS, _REJECTED, _VERDICTS]
    with warehouse.connect("owner") as owner:
        found = [_lines(owner, query, [run_ids]) for query in queries]
    with warehouse.connect("reader") as reader:
        try:
            found.append(_lines(reader, _STALE, []))
        except psycopg.errors.UndefinedTable:  # nothing has been published yet
            found.append([])
    return dict(zip(TITLES, found, strict=True))


def print_issues(issues: RunIssues, console: Console) -> None:
    """Print the issues, at most a dozen lines of a kind."""
    for kind, lines in issues.items():
        if not lines:
            continue
        console.print(f"[yellow]![/] {TITLES[kind]} ({len(lines)})")
        for line in lines[:SHOWN]:
            console.print(f"    {line}", markup=False, soft_wrap=True)
        if len(lines) > SHOWN:
            rest = len(lines) - SHOWN
            console.print(f"    … 另有 {rest} 行，见 · {rest} more lines: ./green-freight psql")


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


def _lines(connection: psycopg.Connection[Any], query: str, values: list[Any]) -> list[str]:
    return [str(row[0]) for row in connection.execute(query.encode(), values)]
