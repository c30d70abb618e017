"""Which code is running: equal words mean equal code, so that a publication can be rebuilt by the code it names."""

from __future__ import annotations

import hashlib
import subprocess
from collections.abc import Iterable
from pathlib import Path

# What decides the rows of a publication: a change elsewhere (docs, tests, the demonstration) is no other version.
PARTS = ("dags", "dbt_project", "expectations", "plugins", "requirements.txt")


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
    files = [project / name for name in listed.split("\0") if name] if listed else files_below(project, PARTS)
    return hash_of(project, files)[:12]


def hash_of(folder: Path, files: Iterable[Path], prefix: str = "") -> str:
    """Return the SHA-256, as hex digits, of a text and of the names and contents of files below a folder."""
    digest = hashlib.sha256(prefix.encode())
    for path in sorted(set(files)):
        if path.is_file():
            content = path.read_bytes()
            digest.update(f"\0{path.relative_to(folder).as_posix()}\0{len(content)}\0".encode() + content)
    return digest.hexdigest()


def files_below(folder: Path, parts: Iterable[str]) -> list[Path]:
    """Return the files of a folder's parts (files and folders), caches of Python excepted."""
    found: list[Path] = []
    for part in parts:
        path = folder / part
        found += [path] if path.is_file() else path.rglob("*")
    return [path for path in found if "__pycache__" not in path.parts]


def git(project: Path, *arguments: str) -> str | None:
    """Return what git prints about a checkout, None where it fails or is not installed."""
    command = ["git", "-c", f"safe.directory={project}", "-C", str(project), *arguments]
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    except FileNotFoundError:
        return None
    return done.stdout if done.returncode == 0 else None
