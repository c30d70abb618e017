"""The files of a pack: the originals from the landing store, and a zip whose bytes depend on its members alone."""

from __future__ import annotations

import io
import re
import shutil
import zipfile
from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path

from green_freight.agencies import AGENCIES
from green_freight.evidence.errors import OriginalDiffersError, OriginalMissingError
from green_freight.evidence.evidence_rows import SourceFile
from green_freight.landing import ChangedFileError, LandingStore, sha256_of
from green_freight.messages import message
from green_freight.periods import SHANGHAI

Content = bytes | Path

ORIGINALS = "原始文件"
_UNSAFE = re.compile(r"[/\\\x00-\x1f:*?\"<>|]")
_CORE = "docProps/core.xml"
_MODIFIED = re.compile(rb"(<dcterms:(?:created|modified)[^>]*>)[^<]*(</dcterms:)")


def safe_name(name: str) -> str:
    """Return a name that every system takes as a file's: without separators, signs that Windows refuses, controls."""
    return _UNSAFE.sub("_", name).rstrip(". ") or "_"


def copy_originals(files: Iterable[SourceFile], store: LandingStore, folder: Path) -> dict[str, Path]:
    """Copy each file into a folder of this process and return the copies by the files' keys.

    What is read and packed afterwards is the copy, so that it is the very content that was verified. Raises
    OriginalMissingError: the landing store does not have a file; OriginalDiffersError: a file's content is not the one
    that was recorded when it was received and published.
    """
    return {file.source_file_key: _copy(file, store, folder / file.source_file_key) for file in files}


def original_paths(files: Iterable[SourceFile]) -> dict[str, str]:
    """Return each file's place in the pack by its key: 原始文件/<agency>/<delivery>/<period>/<name as delivered>.

    Where a period was delivered twice under one name, both carry the beginning of their checksum.
    """
    places = {
        file: (
            f"{ORIGINALS}/{file.agency_code}/{file.delivery_name}/{file.period_label}",
            safe_name(file.file_name),
        )
        for file in files
    }
    used = Counter(places.values())
    return {
        file.source_file_key: f"{folder}/{file.sha256[:16]}-{name}"
        if used[folder, name] > 1
        else f"{folder}/{name}"
        for file, (folder, name) in places.items()
    }


def checksum_list(members: Mapping[str, Content]) -> bytes:
    """Return the lines that `sha256sum --check` reads, in the order of the paths."""
    return "".join(f"{_checksum(members[path])}  {path}\n" for path in sorted(members)).encode()


def write(target: Path, folder: str, members: Mapping[str, Content], moment: datetime) -> None:
    """Write a zip with the members below one folder, in the order of their paths, all dated `moment`.

    It appears under its name when it is complete; one that is there already is replaced.
    """
    part = target.with_name(f"{target.name}.part")
    try:
        with zipfile.ZipFile(part, "w", zipfile.ZIP_DEFLATED) as archive:
            for path in sorted(members):
                _add(archive, f"{folder}/{path}", members[path], moment)
        part.replace(target)
    finally:
        part.unlink(missing_ok=True)


def without_clock(document: bytes, moment: datetime) -> bytes:
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


def _copy(file: SourceFile, store: LandingStore, copy: Path) -> Path:
    agency = AGENCIES[file.agency_code].name_zh
    if file.landing_url is None:
        raise OriginalMissingError(message("original_unrecorded", agency=agency, file=file))
    try:
        recorded = file.recorded_sha256 or file.sha256
        with store.open_verified(file.landing_url, recorded) as source, copy.open("wb") as target:
            shutil.copyfileobj(source, target)
    except ChangedFileError as changed:
        found = changed.found
        raise OriginalDiffersError(
            message("original_differs", agency=agency, file=file, found=found)
        ) from changed
    except OSError as error:
        reason = type(error).__name__
        place = store.location(file.landing_url)
        raise OriginalMissingError(
            message("original_unreadable", agency=agency, file=file, place=place, error=reason)
        ) from error
    found = _checksum(copy)
    if {file.sha256, file.recorded_sha256} != {found}:
        raise OriginalDiffersError(message("original_differs", agency=agency, file=file, found=found))
    return copy


def _checksum(content: Content) -> str:
    with io.BytesIO(content) if isinstance(content, bytes) else content.open("rb") as file:
        return sha256_of(file)


def _add(archive: zipfile.ZipFile, name: str, content: Content, moment: datetime) -> None:
    entry = zipfile.ZipInfo(name, moment.astimezone(SHANGHAI).timetuple()[:6])
    entry.compress_type = zipfile.ZIP_DEFLATED
    # Read and write for the owner, read for others; the system that made it is always "Unix".
    entry.create_system = 3
    entry.external_attr = 0o100644 << 16
    if isinstance(content, bytes):
        archive.writestr(entry, content)
        return
    entry.file_size = content.stat().st_size
    with content.open("rb") as source, archive.open(entry, "w") as target:
        shutil.copyfileobj(source, target)
