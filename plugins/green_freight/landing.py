"""What agencies delivered, kept as delivered in a folder or an object store (any fsspec URL) that is only added to.

A file's place is `<agency>/<delivery>/<period>/<sha256[:16]>-<file_name>`, its provenance stands beside it.
The name holds the content's hash: the same content again finds itself, other content never overwrites it. HTTP
exchanges land in a container of JSON lines, one an exchange: same answers give the same bytes.

In a folder a file is known by its place below the folder, which may therefore be moved and copied; in an object store
by its URL.
"""

from __future__ import annotations

import contextlib
import hashlib
import io
import json
import re
import shutil
import uuid
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any, BinaryIO, cast

import fsspec
from fsspec.implementations.local import LocalFileSystem

from green_freight import disk_space
from green_freight.errors import FetchError

_CHUNK_BYTES = 1 << 20
# Separators, control characters and fsspec's glob signs; everything else, Chinese included, stays readable.
_UNSAFE = re.compile(r"[/\\\x00-\x1f*?\[\]]")
# A file system takes 255 bytes a name; hash, temporary and sidecar suffix need the rest.
_NAME_BYTES = 160
# A file stands in this folder of the store until it is whole.
_UNFINISHED = ".unfinished"
# Longer than any run lasts: what is older was left by a process that was killed.
LONGEST_WRITE = timedelta(hours=23)


@dataclass(frozen=True)
class Origin:
    """Where a file comes from; times carry a zone.

    `version` is the agency's own (CSV v2 → 2, else 1), `delivered_at` when the agency put it there,
    `complete_through` the last business day it covers, `request` how it was asked for, without secrets.
    """

    agency: str
    delivery: str
    period: str
    file_name: str
    version: int
    delivered_at: datetime
    received_at: datetime
    complete_through: date
    run_id: str
    request: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Landed:
    """A file in the store; `is_new` is False where the same content was there already.

    `url` is its place relative to the store's folder; in an object store its URL.
    """

    url: str
    origin: Origin
    sha256: str
    bytes: int
    is_new: bool

    @property
    def source_file_key(self) -> str:
        """Return the warehouse's key of this file, by content and place only, so that a replay gets the same."""
        origin = self.origin
        place = f"{origin.agency}/{origin.delivery}/{origin.period}/{origin.file_name}"
        return hashlib.sha256(f"{place}/{self.sha256}".encode()).hexdigest()[:20]


class ChangedFileError(Exception):
    """A landed file does not have the SHA-256 that was recorded when it was received."""

    def __init__(self, recorded: str, found: str) -> None:
        self.recorded, self.found = recorded, found
        super().__init__(f"SHA-256 {found}, recorded {recorded}")


class LandingStore:
    """Puts files into the landing store and opens them again."""

    def __init__(self, url: str) -> None:
        """Open the store at an fsspec URL (file:///…, memory://…, s3://…); its folder need not exist."""
        self._filesystem, self._root = fsspec.core.url_to_fs(url)

    def put(self, source: BinaryIO, origin: Origin) -> Landed:
        """Keep a file as it is; `source` is read from its beginning.

        The bytes go to a temporary name first, so that a file under its own name is always whole. Raises FetchError
        `landing_unwritable` (transient) where the store refused.
        """
        sha256, size = sha256_of(source), source.seek(0, io.SEEK_END)
        folder = f"{self._root.rstrip('/')}/{origin.agency}/{origin.delivery}/{origin.period}"
        path = f"{folder}/{sha256[:16]}-{_safe(origin.file_name)}"
        try:
            # A file that is no longer what its name says was damaged or replaced; the agency's own content repairs it.
            is_new = not self.holds(self._known_as(path), sha256)
            if is_new:
                self._write(path, source)
            landed = Landed(self._known_as(path), origin, sha256, size, is_new)
            if not self._filesystem.exists(f"{path}.provenance.json"):
                self._write(f"{path}.provenance.json", _provenance(landed))
        except OSError as error:
            raise FetchError(
                "landing_unwritable", f"{self._room()}{type(error).__name__}: {error}"
            ) from error
        return landed

    def open(self, landed: Landed | str) -> BinaryIO:
        """Open a landed file by itself or by `ops.source_file.landing_url`; FileNotFoundError: not there."""
        url = self.location(landed if isinstance(landed, str) else landed.url)
        filesystem, path = fsspec.core.url_to_fs(url)
        return cast(BinaryIO, filesystem.open(path, "rb"))

    def open_verified(self, url: str, sha256: str) -> BinaryIO:
        """Open a landed file whose content is the one that was received.

        Raises ChangedFileError where it is not, OSError where it is not there or no plain file (a link, a pipe).
        """
        filesystem, path = fsspec.core.url_to_fs(self.location(url))
        facts = filesystem.info(path)
        if facts.get("islink") or facts["type"] != "file":
            raise OSError(f"{path} is no plain file")
        file = self.open(url)
        found = sha256_of(file)
        if found != sha256:
            file.close()
            raise ChangedFileError(sha256, found)
        file.seek(0)
        return file

    def holds(self, url: str, sha256: str) -> bool:
        """Tell whether the store has a file with the content that was received."""
        try:
            self.open_verified(url, sha256).close()
        except (OSError, ChangedFileError):
            return False
        return True

    def location(self, url: str) -> str:
        """Return the whole URL of a file by `ops.source_file.landing_url`, which in a folder is relative to it."""
        if "://" in url:
            return url
        return str(self._filesystem.unstrip_protocol(f"{self._root.rstrip('/')}/{url}"))

    def remove_unfinished(self) -> None:
        """Remove what killed processes have left half written; a store that refuses keeps it until the next time."""
        latest = datetime.now(UTC) - LONGEST_WRITE
        with contextlib.suppress(OSError):
            for path in self._filesystem.ls(self._unfinished, detail=False):
                if self._filesystem.modified(path) < latest:
                    self._filesystem.rm_file(path)

    def _room(self) -> str:
        return (
            f"{disk_space.room(Path(self._root))}; " if isinstance(self._filesystem, LocalFileSystem) else ""
        )

    def _known_as(self, path: str) -> str:
        if isinstance(self._filesystem, LocalFileSystem):
            return path.removeprefix(f"{self._root.rstrip('/')}/")
        return str(self._filesystem.unstrip_protocol(path))

    @property
    def _unfinished(self) -> str:
        return f"{self._root.rstrip('/')}/{_UNFINISHED}"

    def _write(self, path: str, source: BinaryIO) -> None:
        source.seek(0)
        temporary = f"{self._unfinished}/{uuid.uuid4().hex}"
        for folder in (self._unfinished, path.rpartition("/")[0]):
            self._filesystem.makedirs(folder, exist_ok=True)
        try:
            with self._filesystem.open(temporary, "wb") as target:
                shutil.copyfileobj(source, target, _CHUNK_BYTES)
            self._filesystem.mv(temporary, path)
        except BaseException:
            with contextlib.suppress(OSError):
                self._filesystem.rm_file(temporary)
            raise


def _safe(file_name: str) -> str:
    return _UNSAFE.sub("_", file_name).encode()[-_NAME_BYTES:].decode(errors="ignore")


def _provenance(landed: Landed) -> BinaryIO:
    facts = asdict(landed.origin) | {"sha256": landed.sha256, "bytes": landed.bytes}
    text = json.dumps(facts, ensure_ascii=False, indent=1, sort_keys=True, default=_as_text)
    return io.BytesIO(text.encode() + b"\n")


def _as_text(value: object) -> str:
    return value.isoformat() if isinstance(value, date) else str(value)


def sha256_of(content: BinaryIO) -> str:
    """Return the SHA-256 of a file, from its beginning, as hexadecimal digits."""
    content.seek(0)
    return hashlib.file_digest(cast(io.BufferedIOBase, content), "sha256").hexdigest()


@dataclass(frozen=True)
class Exchange:
    """One request (no secrets, nothing that changes from try to try) and the body of its answer as text."""

    request: Mapping[str, Any]
    body: str


def write_exchanges(exchanges: Iterable[Exchange], target: BinaryIO) -> None:
    """Write exchanges as JSON lines (UTF-8, keys of the request sorted) in the order given."""
    for exchange in exchanges:
        request = dict(sorted(exchange.request.items()))
        line = json.dumps(
            {"request": request, "body": exchange.body}, ensure_ascii=False, separators=(",", ":")
        )
        target.write(line.encode() + b"\n")


def read_exchanges(source: BinaryIO) -> Iterator[Exchange]:
    """Yield the exchanges of a landed container, one at a time; ValueError names a line that is none."""
    for number, line in enumerate(source, start=1):
        try:
            found = json.loads(line)
            yield Exchange(found["request"], found["body"])
        except (ValueError, KeyError, TypeError) as error:
            raise ValueError(f"line {number} of the landed container is not an exchange: {error}") from error
