"""An agency's SFTP server: one folder tree, read-only, with the files that are delivered by now.

Nothing is on a disk for the client to reach: paths are looked up in the agency's catalogue, so that no path can
lead out of it, and a file's bytes are rendered when somebody lists or opens it.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import io
import os
import posixpath
import shutil
import stat
import threading
from collections.abc import AsyncIterator
from datetime import datetime
from pathlib import Path

import asyncssh

from demo_city.deliveries.catalogue import Catalogue, DropFile
from demo_city.servers.clock import Clock
from demo_city.servers.faults import FaultBoard

_MASK = bytes(value ^ 0x5A for value in range(256))


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


class SftpDrop:
    """What one agency's SFTP sessions share: catalogue, clock, rendered files, faults, login."""

    def __init__(
        self, connection: str, catalogue: Catalogue, clock: Clock, board: FaultBoard, blobs: FileCache
    ) -> None:
        self.connection = connection
        self.board = board
        self._catalogue = catalogue
        self._clock = clock
        self._blobs = blobs

    def folders_and_files(self, path: str) -> tuple[list[str], list[DropFile]] | None:
        """Return the folders and delivered files in a folder, None if there is no such folder."""
        return self._catalogue.listing(path, self._clock.now())

    def file(self, path: str) -> DropFile | None:
        """Return a delivered file."""
        folder, name = posixpath.split(path)
        found = self._catalogue.listing(folder, self._clock.now())
        return next((f for f in found[1] if f.name == name), None) if found else None

    async def content(self, file: DropFile) -> bytes:
        """Return a file's bytes, rendered the first time."""
        return await asyncio.get_running_loop().run_in_executor(None, self._blobs.content, file)

    async def size(self, file: DropFile) -> int:
        """Return a file's size in bytes; rendering the file if it was never asked for."""
        known = self._blobs.known_size(file)
        return known if known is not None else len(await self.content(file))

    async def pause(self) -> None:
        """Wait as long as the agency is slow, and fail if it has a transient failure left."""
        await asyncio.sleep(self.board.seconds_late(self.connection))
        if self.board.takes_transient_failure(self.connection):
            raise asyncssh.SFTPConnectionLost("系统繁忙，请稍后再试")


class PasswordServer(asyncssh.SSHServer):  # type: ignore[misc]
    """Lets in one login with one password."""

    def __init__(self, login: str, password: str, board: FaultBoard, connection: str) -> None:
        self._login = login.encode()
        self._password = password.encode()
        self._board = board
        self._connection = connection

    def begin_auth(self, username: str) -> bool:
        """Ask everybody for a password."""
        return True

    def password_auth_supported(self) -> bool:
        """Offer passwords only."""
        return True

    def validate_password(self, username: str, password: str) -> bool:
        """Tell whether login and password are right."""
        if self._board.fails(self._connection, "wrong_token"):
            return False
        is_login = hmac.compare_digest(username.encode(), self._login)
        return hmac.compare_digest(password.encode(), self._password) and is_login


class SftpSession(asyncssh.SFTPServer):  # type: ignore[misc]
    """One client's view of the drop."""

    def __init__(self, channel: asyncssh.SSHServerChannel, office: SftpDrop) -> None:
        super().__init__(channel)
        self._office = office
        self._channel = channel

    async def scandir(self, path: bytes) -> AsyncIterator[asyncssh.SFTPName]:
        """Yield a folder's entries, with sizes and the moments of delivery."""
        await self._office.pause()
        found = self._office.folders_and_files(_normal(path))
        if found is None:
            raise asyncssh.SFTPNoSuchFile(path.decode(errors="replace"))
        for folder in found[0]:
            yield asyncssh.SFTPName(folder.encode(), attrs=_folder_attributes())
        for file in found[1]:
            yield asyncssh.SFTPName(file.name.encode(), attrs=await self._attributes(file))

    async def stat(self, path: bytes) -> asyncssh.SFTPAttrs:
        """Return size, kind and delivery moment of a folder or file."""
        normal = _normal(path)
        if self._office.folders_and_files(normal) is not None:
            return _folder_attributes()
        file = self._office.file(normal)
        if file is None:
            raise asyncssh.SFTPNoSuchFile(path.decode(errors="replace"))
        return await self._attributes(file)

    async def lstat(self, path: bytes) -> asyncssh.SFTPAttrs:
        """Return the same as `stat`: there are no links."""
        return await self.stat(path)

    async def fstat(self, file_obj: object) -> asyncssh.SFTPAttrs:
        """Return the attributes of an open file."""
        assert isinstance(file_obj, _OpenFile)
        return _file_attributes(len(file_obj.content), file_obj.delivered_at)

    def realpath(self, path: bytes) -> bytes:
        """Return the path from the drop's root."""
        return _normal(path).encode()

    async def open(self, path: bytes, pflags: int, attrs: asyncssh.SFTPAttrs) -> object:
        """Open a delivered file for reading."""
        if pflags & (asyncssh.FXF_WRITE | asyncssh.FXF_APPEND | asyncssh.FXF_CREAT | asyncssh.FXF_TRUNC):
            raise asyncssh.SFTPPermissionDenied("read-only")
        await self._office.pause()
        file = self._office.file(_normal(path))
        if file is None:
            raise asyncssh.SFTPNoSuchFile(path.decode(errors="replace"))
        return _OpenFile(await self._office.content(file), file.delivered_at)

    def read(self, file_obj: object, offset: int, size: int) -> bytes:
        """Return bytes of an open file, spoilt as the agency fails at present."""
        assert isinstance(file_obj, _OpenFile)
        content, board = file_obj.content, self._office.board
        if board.fails(self._office.connection, "half_file") and offset + size > len(content) // 2:
            if offset >= len(content) // 2:
                self._channel.get_connection().abort()
            size = max(len(content) // 2 - offset, 0)
        part = content[offset : offset + size]
        return part.translate(_MASK) if board.fails(self._office.connection, "garbage") else part

    def close(self, file_obj: object) -> None:
        """Forget an open file."""

    def write(self, file_obj: object, offset: int, data: bytes) -> int:
        """Refuse: the drop is read-only."""
        raise asyncssh.SFTPPermissionDenied("read-only")

    remove = rename = posix_rename = mkdir = rmdir = setstat = symlink = link = write

    async def _attributes(self, file: DropFile) -> asyncssh.SFTPAttrs:
        return _file_attributes(await self._office.size(file), file.delivered_at)


class _OpenFile(io.BytesIO):
    def __init__(self, content: bytes, delivered_at: datetime) -> None:
        super().__init__()
        self.content = content
        self.delivered_at = delivered_at


def _normal(path: bytes) -> str:
    return posixpath.normpath(posixpath.join("/", path.decode(errors="replace"))).replace("//", "/")


def _file_attributes(size: int, delivered_at: datetime) -> asyncssh.SFTPAttrs:
    at = int(delivered_at.timestamp())
    return asyncssh.SFTPAttrs(size=size, uid=0, gid=0, permissions=stat.S_IFREG | 0o444, atime=at, mtime=at)


def _folder_attributes() -> asyncssh.SFTPAttrs:
    return asyncssh.SFTPAttrs(size=0, uid=0, gid=0, permissions=stat.S_IFDIR | 0o555, atime=0, mtime=0)
