"""Disks that are full or read-only: which errors say so, and how much room a folder has."""

from __future__ import annotations

import errno
import shutil
from pathlib import Path

from green_freight.messages import message

_REFUSALS = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EROFS})


def is_refused(error: BaseException) -> bool:
    """Return whether an error says that a disk is full, a quota is used up, or a file system is read-only."""
    return isinstance(error, OSError) and error.errno in _REFUSALS


def explained(error: OSError, folder: Path) -> str:
    """Return what a disk refused, as a message for a command's user; `folder` is where it was writing."""
    return message("disk_refuses", error=error.strerror, room=room(Path(error.filename or folder)))


def room(folder: Path) -> str:
    """Return a folder, or the nearest one above it that exists, with its free space: `/srv: 12 MB free of 900 MB`."""
    there = next(path for path in (folder, *folder.parents) if path.is_dir())
    found = shutil.disk_usage(there)
    return f"{there}: {found.free // 2**20} MB free of {found.total // 2**20} MB"
