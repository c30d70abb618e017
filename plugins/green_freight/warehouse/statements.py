"""The SQL of a module, in a file beside it: statements of ten lines or more."""

from __future__ import annotations

import re
from pathlib import Path


def statements(module: str) -> dict[str, bytes]:
    """Return the statements beside a module (its `__file__`) by name: a line `-- name: <name>` begins each."""
    text = Path(module).with_suffix(".sql").read_text(encoding="utf-8")
    _, *parts = re.split(r"^-- name: (\w+)\n", text, flags=re.MULTILINE)
    return {name: statement.strip().encode() for name, statement in zip(parts[::2], parts[1::2], strict=True)}
