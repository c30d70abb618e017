"""Which code is running: equal words mean equal code, so that a publication can be rebuilt by the code it names."""

from __future__ import annotations

import hashlib
import subprocess
from pathlib import Path

# What decides the rows of a publication: a change elsewhere (docs, tests, the demonstration) is no other version.
PARTS = ("dags", "dbt_project", "expectations", "plugins", "requirements.txt")
_NOT_CODE = frozenset({"__pycache__"})


def current(project: Path, release: str = "files") -> str:
    """Return the version of the code in a folder.

    `<sha>` in a checkout that is its commit, `<sha>+changes.<hash>` in one that differs from it, `<release>.<hash>`
    outside of a checkout or without git. The hash is `content_hash`.
    """
    commit = git(project, "rev-parse", "HEAD")
    if commit is None:
        return f"{release}.{content_hash(project)}"
    changed = git(project, "status", "--porcelain", "--untracked-files=all", "--", *PARTS)
    return f"{commit.strip()}+changes.{content_hash(project)}" if changed else commit.strip()


def content_hash(project: Path) -> str:
    """Return twelve hex digits of the names and contents of the files of PARTS, those that git ignores excepted."""
    listed = git(project, "ls-files", "-z", "--cached", "--others", "--exclude-standard", "--", *PARTS)
    files = [project / name for name in listed.split("\0") if name] if listed else _files(project)
    digest = hashlib.sha256()
    for path in sorted(set(files)):
        if path.is_file():
            content = path.read_bytes()
            digest.update(f"\0{path.relative_to(project).as_posix()}\0{len(content)}\0".encode() + content)
    return digest.hexdigest()[:12]


def git(project: Path, *arguments: str) -> str | None:
    """Return what git prints about a checkout, None where it fails or is not installed."""
    command = ["git", "-c", f"safe.directory={project}", "-C", str(project), *arguments]
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    except FileNotFoundError:
        return None
    return done.stdout if done.returncode == 0 else None


def _files(project: Path) -> list[Path]:
    """Return the files of PARTS where no git lists them."""
    found: list[Path] = []
    for part in PARTS:
        path = project / part
        found += [path] if path.is_file() else path.rglob("*")
    return [path for path in found if not _NOT_CODE & set(path.parts)]
