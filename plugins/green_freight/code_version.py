"""Which code is running: the commit, with a mark where the work tree differs from it."""

from __future__ import annotations

import subprocess
from pathlib import Path


def current(project: Path) -> str:
    """Return the checkout's commit (`<sha>` or `<sha>+changes`), or `unversioned` outside a checkout."""
    described = subprocess.run(
        [
            *("git", "-c", f"safe.directory={project}", "-C", str(project)),
            *("describe", "--always", "--abbrev=40", "--dirty=+changes", "--match=no-tag-matches"),
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    return described.stdout.strip() if described.returncode == 0 else "unversioned"
