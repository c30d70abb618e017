"""`replay`: one publication rebuilt from landing, and the table that says whether it came out the same."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from green_freight.cli.console import AsJson, console, print_json
from green_freight.cli.installation import Installation
from green_freight.cli.progress_display import ProgressDisplay, Step
from green_freight.replaying import Progress, ReplayOutcome, RowDifference, replay

STAGES = {
    "verify": "校验文件 · verify files",
    "load": "装载 · load files",
    "build": "构建 · build models",
    "compare": "比对 · compare tables",
}


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
    with installation.warehouse(upgrade=True) as warehouse, ProgressDisplay(output) as display:
        outcome = replay(warehouse, publication, Stages(display).show)
    if as_json:
        print_json(as_plain(outcome))
    else:
        print_outcome(outcome, output, time.monotonic() - begun)
    raise typer.Exit(0 if outcome.is_equal else 1)


class Stages:
    """Turns the reports of a replay into the steps of a display; a stage is over when the next one begins."""

    def __init__(self, display: ProgressDisplay) -> None:
        self._display = display
        self._begun: dict[str, float] = {}
        self._steps: dict[str, Step] = {}

    def show(self, progress: Progress) -> None:
        """Show how far the stage is, and about how long it still takes."""
        stage, now = progress.stage, time.monotonic()
        spent = now - self._begun.setdefault(stage, now)
        details = [f"{progress.rows:,} 行 rows"] if progress.rows else []
        if spent > 1 and progress.total and progress.done:
            left = spent / progress.done * (progress.total - progress.done)
            details.append(f"剩余约 left {left:.0f} s")
        before = {
            name: replace(step, state="success", detail=step.detail.partition("  ")[0])
            for name, step in self._steps.items()
        }
        counts, title = (progress.done, progress.total), STAGES.get(stage, stage)
        self._steps = before | {stage: Step(stage, title, "running", *counts, spent, "  ".join(details))}
        self._display.show(list(self._steps.values()))


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
            console.print(f"  {one.table}: {sentence(difference)}", markup=False, soft_wrap=True)
    recipe = outcome.recipe
    made_of = f"{len(recipe.loads)} 次装载 loads, as of {recipe.as_of_date}, code {recipe.code_version}"
    if differing := sum(not one.is_equal for one in outcome.tables):
        verdict = f"{differing} 张表不一致 · tables differ ({made_of})"
    else:
        verdict = f"{len(outcome.tables)} 张表全部一致 · every table is equal ({made_of}) {seconds:.0f} s"
    sign = "[red]✗[/]" if differing else "[green]✓[/]"
    what = f"第 {recipe.publication_no} 号发布 · publication {recipe.publication_no}"
    console.print(f"{sign} {what}: {verdict}", soft_wrap=True)


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
            vars(one)
            | {"is_equal": one.is_equal, "differences": [sentence(each) for each in one.differences]}
            for one in outcome.tables
        ],
        "warnings": list(outcome.warnings),
    }
