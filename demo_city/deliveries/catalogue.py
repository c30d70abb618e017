"""Which files an agency drops, where, when, and how their bytes come about."""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class DropFile:
    """One delivery of one file; `render` gives the same bytes at every call."""

    path: str
    delivered_at: datetime
    render: Callable[[], bytes]

    @property
    def name(self) -> str:
        """Return the file's name without its folder."""
        return posixpath.basename(self.path)


class Catalogue:
    """All files an agency ever drops, by folder. A path delivered twice shows its newest delivery."""

    def __init__(
        self,
        files: Iterable[DropFile],
        folders: Iterable[str] = (),
        cleared: Mapping[str, datetime] | None = None,
    ) -> None:
        """Take the files, folders that exist even while they are empty, and when which path is cleared away."""
        self._cleared = cleared or {}
        self._folders: set[str] = set()
        self._files: dict[str, list[DropFile]] = {}
        for folder in folders:
            self._add_folder(folder)
        for file in sorted(files, key=lambda f: (f.delivered_at, f.path)):
            folder = posixpath.dirname(file.path)
            self._add_folder(folder)
            self._files.setdefault(folder, []).append(file)

    def listing(self, folder: str, now: datetime) -> tuple[list[str], list[DropFile]] | None:
        """Return the names of the folders and the files in a folder at a moment, None if there is no such folder.

        A folder appears with its first delivery.
        """
        if folder not in self._folders:
            return None
        inner = [f for f in self._folders if f != "/" and posixpath.dirname(f) == folder]
        newest = {f.path: f for f in self._files.get(folder, []) if self._lies_there(f, now)}
        names = sorted(posixpath.basename(f) for f in inner if self._is_begun(f, now))
        return names, sorted(newest.values(), key=lambda f: f.path)

    def _lies_there(self, file: DropFile, now: datetime) -> bool:
        cleared_at = self._cleared.get(file.path)
        is_cleared = cleared_at is not None and file.delivered_at <= cleared_at < now
        return file.delivered_at < now and not is_cleared

    def _is_begun(self, folder: str, now: datetime) -> bool:
        files = self._files.get(folder)
        return files is None or files[0].delivered_at < now

    def _add_folder(self, folder: str) -> None:
        while folder not in self._folders:
            self._folders.add(folder)
            folder = posixpath.dirname(folder) or "/"
