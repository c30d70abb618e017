"""The console that people read on."""

from __future__ import annotations

import shutil
import sys

from rich.console import Console


def console(stderr: bool = False) -> Console:
    """Return the console of this process, on standard error where standard output belongs to a program."""
    stream = sys.stderr if stderr else sys.stdout
    # Not a terminal: the table must not be folded at rich's 80 columns.
    return Console(
        file=stream, width=None if stream.isatty() else max(140, shutil.get_terminal_size().columns)
    )
