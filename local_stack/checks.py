"""`test`: every check of the project, one after the other, each timed; a failure does not hide the next one."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from green_freight import settings
from rich.console import Console


@dataclass(frozen=True)
class Check:
    """One command of the suite."""

    name: str
    title: str
    command: tuple[str, ...]


@dataclass(frozen=True)
class Outcome:
    """How a check ended: exit status 0 is a pass."""

    name: str
    status: int
    seconds: float


def _tool(name: str, *arguments: str) -> tuple[str, ...]:
    return (str(Path(sys.executable).parent / name), *arguments)


# sqlfluff needs a database for dbt's templater, so it is one of the integration tests (test_sql_style.py).
CHECKS = (
    Check("lint", "格式与写法 · ruff check", _tool("ruff", "check", ".")),
    Check("format", "排版 · ruff format", _tool("ruff", "format", "--check", ".")),
    Check("types", "类型 · mypy", _tool("mypy")),
    Check("unit", "单元测试 · unit tests", _tool("pytest", "-n", "2", "tests/unit")),
    Check(
        "integration",
        "集成测试 · integration tests",
        _tool("pytest", "-n", "2", "--dist", "loadfile", "--no-loadscope-reorder", "tests/integration"),
    ),
    Check("end_to_end", "端到端 · end to end", _tool("pytest", "tests/end_to_end")),
)


NAMES = ", ".join(check.name for check in CHECKS)


def named(value: str) -> str:
    """Return the name of a check.

    Raises:
        ValueError: the suite has no such check.
    """
    if value not in {check.name for check in CHECKS}:
        raise ValueError(f"{value!r}: the checks are / 可选 {NAMES}")
    return value


def chosen(names: Sequence[str]) -> list[Check]:
    """Return the checks of these names in the suite's order, all of them when none is named."""
    return [check for check in CHECKS if not names or check.name in names]


def run(checks: Sequence[Check], console: Console) -> list[Outcome]:
    """Run checks in order, their output passing through, and return how each ended."""
    outcomes = []
    for check in checks:
        console.rule(check.title, align="left")
        begun = time.monotonic()
        done = subprocess.run(check.command, cwd=settings.PROJECT, env=environment(), check=False)
        outcomes.append(Outcome(check.name, done.returncode, round(time.monotonic() - begun, 1)))
    return outcomes


def environment() -> Mapping[str, str]:
    """Return the environment for the checks: the project's code, nothing of an installation of the caller's."""
    foreign = ("AIRFLOW", "GREEN_FREIGHT_", "DBT_", "PG", "PYTEST_ADDOPTS")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(foreign)}
    return kept | {"DO_NOT_TRACK": "1", "GX_ANALYTICS_ENABLED": "false"}


def print_summary(outcomes: Sequence[Outcome], console: Console) -> None:
    """Print each check's outcome and time, and one closing line."""
    console.rule("小结 · summary", align="left")
    for one in outcomes:
        sign = "[green]✓[/]" if one.status == 0 else "[red]✗[/]"
        console.print(f"{sign} {one.name:<12} {one.seconds:>7.1f} s", highlight=False)
    failed = sum(one.status != 0 for one in outcomes)
    seconds = sum(one.seconds for one in outcomes)
    console.print(
        f"checks: {len(outcomes) - failed} passed, {failed} failed in {seconds:.0f} s", highlight=False
    )
