"""Rendered files, stored on disk: what was delivered once is never rendered again."""

from __future__ import annotations

import hashlib
import os
import shutil
import threading
from pathlib import Path

from demo_city.deliveries.catalogue import DropFile


class FileCache:
    """Files by drop path and delivery moment in a folder that belongs to one city, one seed, one set of defects."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._sizes: dict[str, int] = {}
        self._lock = threading.Lock()

    def forget_others(self) -> None:
        """Remove what was rendered for other cities or defects in the same home."""
        for folder in self._folder.parent.glob("*"):
            if folder != self._folder:
                shutil.rmtree(folder, ignore_errors=True)

    def known_size(self, file: DropFile) -> int | None:
        """Return the size of a file that was rendered before, None otherwise."""
        name = _blob_name(file)
        if name not in self._sizes and (self._folder / name).exists():
            self._sizes[name] = (self._folder / name).stat().st_size
        return self._sizes.get(name)

    def content(self, file: DropFile) -> bytes:
        """Return a file's bytes, rendering them if nobody asked before."""
        path = self._folder / _blob_name(file)
        with self._lock:
            if path.exists():
                return path.read_bytes()
            content = file.render()
            path.parent.mkdir(parents=True, exist_ok=True)
            fresh = path.with_suffix(f".{os.getpid()}")
            fresh.write_bytes(content)
            fresh.replace(path)
            self._sizes[path.name] = len(content)
            return content


def _blob_name(file: DropFile) -> str:
    return hashlib.sha256(f"{file.path}|{file.delivered_at.isoformat()}".encode()).hexdigest()[:32]
