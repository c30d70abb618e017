"""Showing a run's progress: a live table on a terminal, a line for each change elsewhere."""

from __future__ import annotations

import time
from types import TracebackType
from typing import Protocol

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.table import Table
from rich.text import Text

from green_freight.agencies import AGENCIES
from green_freight.cli.run_progress import Counts, Progress, StepState

LINE_SECONDS = 30.0
SIGNS = {"success": "✓", "failed": "✗", "running": "▶", "skipped": "–", "waiting": "·"}
STYLES = {"success": "green", "failed": "red", "running": "cyan", "skipped": "magenta", "waiting": "dim"}


class Display(Protocol):
    """Shows progress between entering and leaving a `with` block."""

    def __enter__(self) -> Display: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...

    def show(self, progress: Progress) -> None:
        """Show a run as it is now."""


def display_for(console: Console) -> Display:
    """Return the display that suits a console."""
    return LiveDisplay(console) if console.is_terminal else LineDisplay(console)


class LiveDisplay:
    """Redraws a table in place."""

    def __init__(self, console: Console) -> None:
        self._live = Live(console=console, refresh_per_second=4)

    def __enter__(self) -> LiveDisplay:
        self._live.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._live.stop()

    def show(self, progress: Progress) -> None:
        """Draw the run as it is now."""
        self._live.update(render(progress))


class LineDisplay:
    """Prints a line when a step begins or ends, and every half minute how far a long one has come."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._shown: dict[str, str] = {}
        self._printed_at = time.monotonic()

    def __enter__(self) -> LineDisplay:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        return

    def show(self, progress: Progress) -> None:
        """Print what has changed since the last call."""
        is_due = time.monotonic() - self._printed_at > LINE_SECONDS
        for step in progress.steps:
            changed = step.state not in ("waiting", self._shown.get(step.task_id))
            if changed or (is_due and step.state == "running"):
                self._print(step, progress.counts.get(step.task_id.split(".")[0]))
            self._shown[step.task_id] = step.state
        if is_due:
            self._printed_at = time.monotonic()
            if progress.overall:
                self._console.print(f"  {progress.overall}", style="dim", highlight=False)

    def _print(self, step: StepState, counts: Counts | None) -> None:
        parts = [f"{SIGNS[step.state]} {step.task_id}", f"{step.done}/{step.total}", f"{step.seconds:.0f} s"]
        if counts and counts.rows_loaded:
            parts.append(_rows(counts))
        self._console.print("  " + "  ".join(parts), style=STYLES[step.state], highlight=False)


def render(progress: Progress) -> RenderableType:
    """Return the table of a run's steps with a bar, the time, and what each agency has delivered."""
    table = Table(box=None, padding=(0, 1), show_header=False, pad_edge=False)
    for step in progress.steps:
        counts = progress.counts.get(step.task_id.split(".")[0]) if "." in step.task_id else None
        table.add_row(
            Text(SIGNS[step.state], style=STYLES[step.state]),
            Text(_title(step), style=STYLES[step.state]),
            _bar(step),
            Text(f"{step.done}/{step.total}", justify="right"),
            Text(f"{step.seconds:.0f} s" if step.seconds else "", style="dim", justify="right"),
            Text(_rows(counts) if counts and counts.files else "", style="dim"),
        )
    return Group(
        Text(progress.run.dag_id, style="bold"), table, Text(progress.overall or "", style="dim", end="")
    )


def _title(step: StepState) -> str:
    agency, _, task = step.task_id.partition(".")
    name = f"{AGENCIES[agency].name_zh} {agency}" if agency in AGENCIES else agency
    return f"{name} {task}".strip()


def _bar(step: StepState, width: int = 24) -> Text:
    filled = round(width * step.done / step.total) if step.total else 0
    return Text("━" * filled, style=STYLES[step.state]) + Text("━" * (width - filled), style="bright_black")


def _rows(counts: Counts) -> str:
    return (
        f"{counts.months} 月 months · {counts.files:,} 份 deliveries · {counts.rows_loaded:,} 行 rows"
        f" · 拒收 rejected {counts.rows_rejected:,}"
    )
