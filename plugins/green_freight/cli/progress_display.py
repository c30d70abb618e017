"""Showing how far the steps of a DAG run or a replay are: a live table on a terminal, lines elsewhere."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.table import Table
from rich.text import Text

LINE_SECONDS = 30.0
SIGNS = {"success": "✓", "failed": "✗", "running": "▶", "skipped": "–", "waiting": "·"}
STYLES = {"success": "green", "failed": "red", "running": "cyan", "skipped": "magenta", "waiting": "dim"}


@dataclass(frozen=True)
class Step:
    """One step at one moment: `state` is one of SIGNS, `total` 0 where the number of its parts is not known.

    `done` counts the parts that are over, `failed` among them the failed ones; `retrying` are the parts whose attempt
    failed and that wait for the next one.
    """

    name: str
    title: str
    state: str
    done: int
    total: int
    seconds: float
    detail: str = ""
    failed: int = 0
    retrying: int = 0

    @property
    def trouble(self) -> str:
        """Return how many parts have failed, for good or until their retry; nothing where none has."""
        said = [
            f"{self.failed} 失败 failed" if self.failed else "",
            f"{self.retrying} 失败待重试 failed, waiting for a retry" if self.retrying else "",
        ]
        return " · ".join(filter(None, said))


class ProgressDisplay:
    """Shows steps for a `with` block.

    A terminal gets a table that is redrawn in place; any other output gets a line when a step begins or ends or another
    of its parts fails, and every half minute how far those are that run.
    """

    def __init__(self, console: Console) -> None:
        self._console = console
        self._live = Live(console=console, refresh_per_second=4) if console.is_terminal else None
        self._shown: dict[str, tuple[str, str]] = {}
        self._printed_at = time.monotonic()

    def __enter__(self) -> ProgressDisplay:
        if self._live:
            self._live.start()
        return self

    def __exit__(self, *raised: object) -> None:
        if self._live:
            self._live.stop()

    def show(self, steps: Sequence[Step], overall: str | None = None) -> None:
        """Show the steps as they are now, and a sentence on all of them together."""
        if self._live:
            self._live.update(render(steps, overall))
            return
        is_due = time.monotonic() - self._printed_at > LINE_SECONDS
        for step in steps:
            now = (step.state, step.trouble)
            changed = step.state != "waiting" and now != self._shown.get(step.name)
            if changed or (is_due and step.state == "running"):
                line = "  ".join([f"  {SIGNS[step.state]} {step.title}", *filter(None, _figures(step))])
                self._console.print(line, style=_style(step))
            self._shown[step.name] = now
        if is_due:
            self._printed_at = time.monotonic()
            if overall:
                self._console.print(f"  {overall}", style="dim")


def render(steps: Sequence[Step], overall: str | None = None) -> RenderableType:
    """Return the table of the steps: a bar, the parts that are done, the time, the detail."""
    table = Table(box=None, padding=(0, 1), show_header=False, pad_edge=False)
    for step in steps:
        style = _style(step)
        table.add_row(
            Text(SIGNS[step.state], style=style),
            Text(step.title, style=style),
            _bar(step),
            *(Text(figure, style=style if step.trouble else "dim") for figure in _figures(step)),
        )
    return Group(table, Text(overall or "", style="dim", end=""))


def _figures(step: Step) -> list[str]:
    parts = f"{step.done}/{step.total}" if step.total else ""
    return [parts, f"{step.seconds:.0f} s" if step.seconds else "", step.trouble, step.detail]


def _style(step: Step) -> str:
    return "yellow" if step.trouble and step.state == "running" else STYLES[step.state]


def _bar(step: Step, width: int = 24) -> Text:
    filled = round(width * step.done / step.total) if step.total else 0
    return Text("━" * filled, style=STYLES[step.state]) + Text("━" * (width - filled), style="bright_black")
