"""`test`: the checks of the project, side by side, each timed; a failure of one does not stop the others.

The checks of a lane run one after the other, the lanes beside each other: integration tests and the end-to-end run wait
for servers and subprocesses often enough to fill two cores together. When the other lanes have ended, two workers of
integration tests leave a fifth of two cores idle, so there are three. The output of a check is printed as a whole when
it has ended; a check that runs alone prints directly.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import psutil
from green_freight import settings
from rich.console import Console

PROGRESS_SECONDS = 60.0
# A twelfth of the time of tests with databases was the file system's. Each test makes a folder of its own there.
MEMORY_FOLDER = Path("/dev/shm")  # nosec B108
MEMORY_FOR_FILES = 14_000_000_000


@dataclass(frozen=True)
class Check:
    """One command of the suite; `lane` groups those that run one after the other."""

    name: str
    title: str
    command: tuple[str, ...]
    lane: str = "tests"


@dataclass(frozen=True)
class Outcome:
    """How a check ended: exit status 0 is a pass."""

    name: str
    status: int
    seconds: float


@dataclass
class _Running:
    check: Check
    output: Path
    process: subprocess.Popen[bytes]
    begun: float = field(default_factory=time.monotonic)

    @property
    def seconds(self) -> float:
        return round(time.monotonic() - self.begun, 1)

    def text(self) -> str:
        return self.output.read_text(encoding="utf-8", errors="replace")


def _tool(name: str, *arguments: str) -> tuple[str, ...]:
    return (str(Path(sys.executable).parent / name), *arguments)


# sqlfluff needs a database for dbt's templater, so it is one of the integration tests (test_sql_style.py).
CHECKS = (
    Check("lint", "格式与写法 · ruff check", _tool("ruff", "check", "."), "quick"),
    Check("format", "排版 · ruff format", _tool("ruff", "format", "--check", "."), "quick"),
    Check("types", "类型 · mypy", _tool("mypy"), "quick"),
    Check("security", "安全 · bandit, pip-audit", (sys.executable, "-m", "local_stack.scans"), "quick"),
    Check("unit", "单元测试 · unit tests", _tool("pytest", "-n", "2", "tests/unit"), "quick"),
    Check(
        "integration",
        "集成测试 · integration tests",
        _tool("pytest", "-n", "3", "--dist", "loadfile", "--no-loadscope-reorder", "tests/integration"),
        "integration",
    ),
    Check("end_to_end", "端到端 · end to end", _tool("pytest", "tests/end_to_end"), "end_to_end"),
)


NAMES = ", ".join(check.name for check in CHECKS)


def argument(value: str) -> str:
    """Return an argument of `test`: the name of a check, or a path of tests, also `file.py::test_name`.

    Raises:
        ValueError: it is neither.
    """
    path = value.partition("::")[0]
    if value in {check.name for check in CHECKS} or (settings.PROJECT / path).exists():
        return value
    raise ValueError(
        f"{value!r} 既不是检查项也不是测试路径；检查项：{NAMES} / is neither a check nor a path of tests; "
        f"the checks are {NAMES}"
    )


def chosen(arguments: Sequence[str], expression: str = "") -> list[Check]:
    """Return the checks to run: those of these names, in the suite's order, and one for the paths, if there are any.

    Args:
        arguments: names of checks and paths of tests; every check if there are none.
        expression: pytest's -k; without arguments it selects from all tests.
    """
    names = {check.name for check in CHECKS}.intersection(arguments)
    paths = [one for one in arguments if one not in names]
    found = [] if paths or expression else [check for check in CHECKS if not names or check.name in names]
    if not found:
        found = [check for check in CHECKS if check.name in names]
        selection = ("-k", expression) if expression else ()
        found.append(
            Check("tests", "所选测试 · chosen tests", _tool("pytest", *(paths or ["tests"]), *selection))
        )
    return found


def run(checks: Sequence[Check], console: Console) -> list[Outcome]:
    """Run the checks, lanes side by side, print the output of each, and return how each ended, in their order."""
    if len(checks) == 1:
        console.rule(checks[0].title, align="left")
        begun = time.monotonic()
        done = subprocess.run(checks[0].command, cwd=settings.PROJECT, env=environment(), check=False)
        return [Outcome(checks[0].name, done.returncode, round(time.monotonic() - begun, 1))]
    outcomes: dict[str, Outcome] = {}
    with tempfile.TemporaryDirectory(prefix="green-freight-checks-") as folder:
        running: list[_Running] = []
        waiting = list(checks)
        reported = time.monotonic()
        try:
            while waiting or running:
                busy = {one.check.lane for one in running}
                for check in list(waiting):
                    if check.lane not in busy:
                        busy.add(check.lane)
                        waiting.remove(check)
                        running.append(_start(check, Path(folder) / check.name))
                for one in [one for one in running if one.process.poll() is not None]:
                    running.remove(one)
                    outcomes[one.check.name] = Outcome(one.check.name, one.process.returncode, one.seconds)
                    console.rule(f"{one.check.title} · {one.seconds:.0f} s", align="left")
                    console.print(one.text(), highlight=False, markup=False, soft_wrap=True, end="")
                if time.monotonic() - reported >= PROGRESS_SECONDS and running:
                    reported = time.monotonic()
                    console.print(f"… {', '.join(map(_progress, running))}", highlight=False)
                time.sleep(0.1)
        finally:
            for one in running:
                one.process.terminate()
                one.process.wait()
    return [outcomes[check.name] for check in checks]


def _start(check: Check, output: Path) -> _Running:
    with output.open("wb") as file:
        process = subprocess.Popen(
            check.command, cwd=settings.PROJECT, env=environment(), stdout=file, stderr=subprocess.STDOUT
        )
    return _Running(check, output, process)


def _progress(one: _Running) -> str:
    """Return a check's name and time, with the last percentage that pytest printed."""
    percentages = re.findall(r"\[ *(\d+%)\]", one.text())
    return " ".join([one.check.name, *percentages[-1:], f"({one.seconds:.0f} s)"])


def environment() -> Mapping[str, str]:
    """Return the environment for the checks: the project's code, nothing of an installation of the caller's.

    Temporary files lie in memory where there is enough of it, unless TMPDIR says otherwise.
    """
    foreign = ("AIRFLOW", "GREEN_FREIGHT_", "DBT_", "PG", "PYTEST_ADDOPTS")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(foreign)}
    if _has_free_memory() and os.access(MEMORY_FOLDER, os.W_OK | os.X_OK):
        kept.setdefault("TMPDIR", str(MEMORY_FOLDER))
    return kept | {"DO_NOT_TRACK": "1", "GX_ANALYTICS_ENABLED": "false"}


def _has_free_memory() -> bool:
    """Return whether servers' clusters and their copies may fill memory beside the tests' processes."""
    if not MEMORY_FOLDER.is_dir():
        return False
    free = min(psutil.disk_usage(str(MEMORY_FOLDER)).free, psutil.virtual_memory().available)
    return free >= MEMORY_FOR_FILES


def print_summary(outcomes: Sequence[Outcome], seconds: float, console: Console) -> None:
    """Print each check's outcome and time, and one closing line with the time of all, which overlap."""
    console.rule("小结 · summary", align="left")
    for one in outcomes:
        sign = "[green]✓[/]" if one.status == 0 else "[red]✗[/]"
        console.print(f"{sign} {one.name:<12} {one.seconds:>7.1f} s", highlight=False)
    failed = sum(one.status != 0 for one in outcomes)
    console.print(
        f"checks: {len(outcomes) - failed} passed, {failed} failed in {seconds:.0f} s", highlight=False
    )
