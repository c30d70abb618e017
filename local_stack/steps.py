"""Steps that a person waits for: each is announced, timed and, if it fails, named."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from rich.console import Console


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
            self.console.print(f"[red]✗[/] {name}", highlight=False)
            raise
        self.done(name, time.monotonic() - begun)

    def done(self, name: str, seconds: float) -> None:
        """Note a step that is over."""
        self.seconds[name] = round(seconds, 1)
        self.console.print(f"[green]✓[/] {name} [dim]{seconds:.1f} s[/]", highlight=False)

    def say(self, text: str) -> None:
        """Print a line that is no step."""
        self.console.print(text, highlight=False)
