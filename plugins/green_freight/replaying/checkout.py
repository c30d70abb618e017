"""The code that a publication names: the running one, or its commit in a work tree of its own for a while."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from green_freight import settings
from green_freight.code_version import content_hash, git
from green_freight.messages import message
from green_freight.replaying.recipe import ReplayError

_COMMIT = re.compile(r"[0-9a-f]{40}")
_CONTENT = re.compile(r"[.]([0-9a-f]{12})$")
_STEP = Path("plugins") / "green_freight" / "replaying" / "step.py"
_LAUNCHER = "green-freight"
_ENVIRONMENT_SECONDS = 1800


@dataclass(frozen=True)
class Code:
    """A folder with the project's code at a version, and the Python whose packages are those of its lock."""

    version: str
    project: Path
    python: Path

    @property
    def python_path(self) -> str:
        """Return the PYTHONPATH with which the project's modules are found."""
        return os.pathsep.join([str(self.project), str(self.project / "plugins")])


@contextmanager
def code_of(version: str, folder: Path, *, running: Path = settings.PROJECT) -> Iterator[Code]:
    """Give the code of a version (`settings.code_version()` when the publication was built) for the block.

    A work tree may be made in `folder`, which must not exist and is removed afterwards. `running` is the project that
    is running, and the checkout to take another commit from. Raises ReplayError: the code of that version cannot be had
    here; the message says how it can.
    """
    if is_running(version, running):
        yield Code(version, running, Path(sys.executable))
        return
    commit = _commit(version, running)
    git(running, "worktree", "prune")
    added = git(running, "worktree", "add", "--detach", "--force", str(folder), commit)
    try:
        if added is None:
            raise ReplayError(message("work_tree_failed", folder=folder, commit=commit))
        if not (folder / _STEP).is_file():
            raise ReplayError(message("code_older_than_replaying", commit=commit[:12]))
        yield Code(version, folder, _python(folder, running))
    finally:
        git(running, "worktree", "remove", "--force", str(folder))
        git(running, "worktree", "prune")


def is_running(version: str, running: Path = settings.PROJECT) -> bool:
    """Tell whether the running code has a version: the same word, or the content whose hash ends it."""
    content = _CONTENT.search(version)
    return version == settings.code_version() or (content is not None and content[1] == content_hash(running))


def _commit(version: str, running: Path) -> str:
    if not _COMMIT.fullmatch(version):
        raise ReplayError(message("code_is_no_commit", version=version, here=settings.code_version()))
    if git(running, "rev-parse", "--git-dir") is None:
        raise ReplayError(message("no_git_checkout", version=version))
    if git(running, "cat-file", "-e", f"{version}^{{commit}}") is None:
        raise ReplayError(message("commit_absent", version=version))
    return version


def _python(folder: Path, running: Path) -> Path:
    """Return our own Python where the locks are equal, else that of the environment which the launcher makes."""
    lock = "requirements.txt"
    if (folder / lock).read_bytes() == (running / lock).read_bytes():
        return Path(sys.executable)
    done = subprocess.run(
        [str(folder / _LAUNCHER), "--help"],
        capture_output=True,
        text=True,
        timeout=_ENVIRONMENT_SECONDS,
        check=False,
    )
    python = folder / ".venv" / "bin" / "python"
    if done.returncode or not python.exists():
        output = " ".join((done.stderr or done.stdout).split()[-80:])
        raise ReplayError(message("old_environment_failed", output=output))
    return python
