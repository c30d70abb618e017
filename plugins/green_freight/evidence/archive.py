"""The zip itself: the same members give the same bytes, whenever and wherever it is written."""

from __future__ import annotations

import hashlib
import io
import re
import zipfile
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

from green_freight.periods import SHANGHAI

Content = bytes | Path

_UNSAFE = re.compile(r"[/\\\x00-\x1f:*?\"<>|]")
_CORE = "docProps/core.xml"
_MODIFIED = re.compile(rb"(<dcterms:(?:created|modified)[^>]*>)[^<]*(</dcterms:)")
_CHUNK_BYTES = 1 << 20


def safe_name(name: str) -> str:
    """Return a name that every system takes as a file's: without separators, signs that Windows refuses, controls."""
    return _UNSAFE.sub("_", name).rstrip(". ") or "_"


def checksum(content: Content) -> str:
    """Return the SHA-256 of a member as 64 hex digits."""
    if isinstance(content, bytes):
        return hashlib.sha256(content).hexdigest()
    with content.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def checksum_list(members: Mapping[str, Content]) -> bytes:
    """Return the lines that `sha256sum --check` reads, in the order of the paths."""
    return "".join(f"{checksum(members[path])}  {path}\n" for path in sorted(members)).encode()


def write(target: Path, folder: str, members: Mapping[str, Content], moment: datetime) -> None:
    """Write a zip with the members below one folder, in the order of their paths, all dated `moment`.

    It appears under its name when it is whole; one that is there already is replaced.
    """
    half = target.with_name(f"{target.name}.part")
    try:
        with zipfile.ZipFile(half, "w", zipfile.ZIP_DEFLATED) as archive:
            for path in sorted(members):
                _add(archive, f"{folder}/{path}", members[path], moment)
        half.replace(target)
    finally:
        half.unlink(missing_ok=True)


def settled(document: bytes, moment: datetime) -> bytes:
    """Return a Word or Excel document dated `moment` in its properties and members.

    The libraries that write them put the clock's time into both.
    """
    stamp = moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ").encode()
    target = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(document)) as source, zipfile.ZipFile(target, "w") as archive:
        for name in source.namelist():
            content = source.read(name)
            if name == _CORE:
                content = _MODIFIED.sub(rb"\g<1>" + stamp + rb"\g<2>", content)
            _add(archive, name, content, moment)
    return target.getvalue()


def _add(archive: zipfile.ZipFile, name: str, content: Content, moment: datetime) -> None:
    entry = zipfile.ZipInfo(name, moment.astimezone(SHANGHAI).timetuple()[:6])
    entry.compress_type = zipfile.ZIP_DEFLATED
    # Read and write for whoever unpacks it, read for others; the system that made it is always "Unix".
    entry.create_system = 3
    entry.external_attr = 0o100644 << 16
    if isinstance(content, bytes):
        archive.writestr(entry, content)
        return
    entry.file_size = content.stat().st_size
    with content.open("rb") as source, archive.open(entry, "w") as target:
        while chunk := source.read(_CHUNK_BYTES):
            target.write(chunk)
