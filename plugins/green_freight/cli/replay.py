"""`replay`: one publication rebuilt from landing, and the table that says whether it came out the same."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated

import typer
from rich import progress as bars
from rich.console import Console
from rich.table import Table

from green_freight.cli.console import AsJson, console
from green_freight.cli.installation import Installation
from green_freight.replaying import Progress, ReplayOutcome, RowDifference, replay

STAGES = {
    "verify": "校验文件 · verify files",
    "load": "装载 · load files",
    "build": "构建 · build models",
    "compare": "比对 · compare tables",
}
LINE_SECONDS = 15.0


def replay_command(
    context: typer.Context,
    publication: Annotated[int, typer.Argument(min=1, help="发布号 · number of the publication.")],
    as_json: AsJson = False,
) -> None:
    """重放 · Rebuild a publication from the landed files by the code it names, and compare it table by table.

    Everything happens in a scratch database that is dropped afterwards. Exit status 1 if a table differs.
    """
    installation: Installation = context.obj
    output = console(stderr=as_json)
    begun = time.monotonic()
    with installation.warehouse(upgrade=True) as warehouse, shown(output) as display:
        outcome = replay(warehouse, publication, display.show)
    if as_json:
        typer.echo(json.dumps(as_plain(outcome), ensure_ascii=False))
    else:
        print_outcome(outcome, output, time.monotonic() - begun)
    raise typer.Exit(0 if outcome.is_equal else 1)


class Lines:
    """Prints a line when a stage begins, and every quarter of a minute how far it has come."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._stage = ""
        self._begun = self._printed_at = time.monotonic()

    def show(self, progress: Progress) -> None:
        """Print what has changed since the last call, seldom enough to be read."""
        now = time.monotonic()
        if progress.stage == self._stage and now - self._printed_at < LINE_SECONDS:
            return
        if progress.stage != self._stage:
            self._stage, self._begun = progress.stage, now
        self._printed_at = now
        parts = [STAGES.get(progress.stage, progress.stage)]
        parts += [f"{progress.done}/{progress.total}"] if progress.total else []
        parts += [f"{progress.rows:,} 行 rows"] if progress.rows else []
        spent = now - self._begun
        if spent > 1 and progress.total:
            left = spent / progress.done * (progress.total - progress.done)
            parts.append(f"剩余约 left {left:.0f} s")
        self._console.print("  " + "  ".join(parts), highlight=False)


class Bars:
    """Draws a bar for each stage on a terminal."""

    def __init__(self, drawn: bars.Progress) -> None:
        self._drawn = drawn
        self._tasks: dict[str, bars.TaskID] = {}

    def show(self, progress: Progress) -> None:
        """Draw how far the stage is."""
        stage = progress.stage
        if stage not in self._tasks:
            self._tasks[stage] = self._drawn.add_task(STAGES.get(stage, stage), rows="")
        self._drawn.update(
            self._tasks[stage],
            completed=progress.done,
            total=progress.total or None,
            rows=f"{progress.rows:,} 行 rows" if progress.rows else "",
        )


@contextmanager
def shown(console: Console) -> Iterator[Lines | Bars]:
    """Give what shows progress on a console: bars on a terminal, lines elsewhere."""
    if not console.is_terminal:
        yield Lines(console)
        return
    with bars.Progress(
        bars.TextColumn("{task.description}"),
        bars.BarColumn(),
        bars.MofNCompleteColumn(),
        bars.TextColumn("{task.fields[rows]}"),
        bars.TimeRemainingColumn(),
        console=console,
    ) as drawn:
        yield Bars(drawn)


def print_outcome(outcome: ReplayOutcome, console: Console, seconds: float) -> None:
    """Print the table of tables, the first rows that differ, and the verdict."""
    table = Table(box=None, pad_edge=False)
    for header in ("表 Table", "行 Rows", "重放行 Rebuilt", "哈希 Hash", "重放哈希 Rebuilt", "一致 Equal"):
        table.add_column(header, justify="right" if "行" in header else "left", no_wrap=True)
    for one in outcome.tables:
        table.add_row(
            one.table,
            f"{one.rows_published:,}",
            f"{one.rows_rebuilt:,}",
            one.hash_published,
            one.hash_rebuilt,
            "[green]✓[/]" if one.is_equal else "[red]✗[/]",
        )
    console.print(table)
    for one in outcome.tables:
        for difference in one.differences:
            console.print(
                f"  {one.table}: {sentence(difference)}", highlight=False, markup=False, soft_wrap=True
            )
    recipe = outcome.recipe
    what = f"第 {recipe.publication_no} 号发布 · publication {recipe.publication_no}"
    made_of = f"{len(recipe.loads)} 次装载 loads, as of {recipe.as_of_date}, code {recipe.code_version}"
    differing = sum(not one.is_equal for one in outcome.tables)
    if differing:
        console.print(
            f"[red]✗[/] {what}: {differing} 张表不一致 · tables differ ({made_of})",
            highlight=False,
            soft_wrap=True,
        )
    else:
        console.print(
            f"[green]✓[/] {what}: {len(outcome.tables)} 张表全部一致 · every table is equal "
            f"({made_of}) {seconds:.0f} s",
            highlight=False,
            soft_wrap=True,
        )


def sentence(difference: RowDifference) -> str:
    """Return a row that differs in words: its key, and each column as published → rebuilt."""
    if not difference.is_rebuilt:
        return f"{difference.key}: 重放中没有 · not in the rebuild"
    if not difference.is_published:
        return f"{difference.key}: 只在重放中有 · only in the rebuild"
    values = ", ".join(f"{name} {one} → {other}" for name, (one, other) in difference.values.items())
    return f"{difference.key}: {values}"


def as_plain(outcome: ReplayOutcome) -> dict[str, object]:
    """Return the outcome as plain data."""
    return {
        "replay_id": outcome.replay_id,
        "publication_no": outcome.recipe.publication_no,
        "code_version": outcome.recipe.code_version,
        "is_equal": outcome.is_equal,
        "tables": [
            {
                "table": one.table,
                "rows_published": one.rows_published,
                "rows_rebuilt": one.rows_rebuilt,
                "hash_published": one.hash_published,
                "hash_rebuilt": one.hash_rebuilt,
                "is_equal": one.is_equal,
                "differences": [sentence(difference) for difference in one.differences],
            }
            for one in outcome.tables
        ],
        "warnings": list(outcome.warnings),
    }
