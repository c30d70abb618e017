"""The console that people read on, and the steps that they wait for: each announced, timed and, if it fails, named."""

from __future__ import annotations

import json
import shutil
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Annotated, Any, TextIO

import typer
from rich.console import Console

from green_freight import business_days
from green_freight.periods import Period

AsJson = Annotated[bool, typer.Option("--json", help="输出 JSON · print JSON for programs.")]

AsCsv = Annotated[bool, typer.Option("--csv", help="输出 CSV · print CSV.")]
Years = Annotated[list[int] | None, typer.Option("--year", help="只看这些年 · only these years.")]


def as_past_day(value: str | date) -> date:
    """Return a business day of the command line; BadParameter where it is not over, by the real clock.

    Typer hands the default through the parser too.
    """
    try:
        day = business_days.parsed(value) if isinstance(value, str) else value
        return business_days.require_over(day, business_days.yesterday())
    except business_days.BusinessDayError as error:
        raise typer.BadParameter(str(error)) from error


def as_month(value: str | Period) -> Period:
    """Return a month of the command line."""
    return value if isinstance(value, Period) else Period(value).month


def console(stderr: bool = False) -> Console:
    """Return the console of this process, on standard error where standard output belongs to a program."""
    stream = sys.stderr if stderr else sys.stdout
    # Not a terminal: the table must not be folded at rich's 80 columns.
    width = None if stream.isatty() else max(140, shutil.get_terminal_size().columns)
    return Console(file=stream, width=width, highlight=False)


def print_json(content: Any, output: TextIO | None = None) -> None:
    """Print JSON for programs on standard output: exact numbers as int or float, dates as ISO 8601."""
    print(json.dumps(content, ensure_ascii=False, default=_plain), file=output)


def _plain(value: Decimal | date) -> int | float | str:
    if isinstance(value, date):
        return value.isoformat()
    return int(value) if value == value.to_integral_value() else float(value)


@dataclass
class Steps:
    """Announces steps on a console and keeps their times in seconds."""

    console: Console
    seconds: dict[str, float] = field(default_factory=dict)

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        """Time one step; on a terminal a spinner turns meanwhile."""
        begun = time.monotonic()
        try:
            if self.console.is_terminal:
                with self.console.status(f"{name} …"):
                    yield
            else:
                yield
        except BaseException:
            self.print(f"[red]✗[/] {name}")
            raise
        self.done(name, time.monotonic() - begun)

    def done(self, name: str, seconds: float) -> None:
        """Record a step that is over."""
        self.seconds[name] = round(seconds, 1)
        self.print(f"[green]✓[/] {name} [dim]{seconds:.1f} s[/]")

    def print(self, text: str) -> None:
        """Print a line that is no step."""
        self.console.print(text)
