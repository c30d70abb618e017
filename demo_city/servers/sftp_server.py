"""An agency's SFTP server: one folder tree, read-only, with the files that are delivered by now.

Nothing is on a disk for the client to reach: paths are looked up in the agency's catalogue, so that no path can
lead out of it, and a file's bytes are rendered when somebody lists or opens it.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import posixpath
import shutil
import socket
import stat
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

import asyncssh

from demo_city.deliveries.catalogue import Catalogue, DropFile
from demo_city.servers.credentials import LOGIN, Now, write_private
from demo_city.servers.faults import Fault

_MASK = bytes(value ^ 0x5A for value in range(256))
_WRITING = asyncssh.FXF_WRITE | asyncssh.FXF_APPEND | asyncssh.FXF_CREAT | asyncssh.FXF_TRUNC
_FOLDER = asyncssh.SFTPAttrs(size=0, uid=0, gid=0, permissions=stat.S_IFDIR | 0o555, atime=0, mtime=0)


class FileCache:
    """Files by drop path and delivery moment in a folder that belongs to one city, one seed, one set of defects."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._lock = threading.Lock()

    def forget_others(self) -> None:
        """Remove what was rendered for other cities or defects in the same home."""
        for folder in self._folder.parent.glob("*"):
            if folder != self._folder:
                shutil.rmtree(folder, ignore_errors=True)

    def path(self, file: DropFile) -> Path:
        """Return where a file's bytes are once they are rendered."""
        name = hashlib.sha256(f"{file.path}|{file.delivered_at.isoformat()}".encode()).hexdigest()
        return self._folder / name[:32]

    def content(self, file: DropFile) -> bytes:
        """Return a file's bytes, rendering them if nobody asked before."""
        path = self.path(file)
        with self._lock:
            if not path.exists():
                write_private(path, file.render())
            return path.read_bytes()


@dataclass(frozen=True)
class SftpDrop:
    """What the sessions of one agency's SFTP server share."""

    catalogue: Catalogue
    now: Now
    fault: Fault
    files: FileCache


@asynccontextmanager
async def sftp_server(
    listener: socket.socket, drop: SftpDrop, password: str, host_key: asyncssh.SSHKey
) -> AsyncIterator[None]:
    """Serve a drop on a bound socket within the block; its clients are disconnected at the end."""
    clients: set[asyncssh.SSHServerConnection] = set()
    acceptor = await asyncssh.listen(
        sock=listener,
        server_factory=lambda: _PasswordServer(password, drop.fault),
        server_host_keys=[host_key],
        sftp_factory=lambda channel: _SftpSession(channel, drop),
        allow_scp=False,
        acceptor=clients.add,
    )
    yield
    acceptor.close()
    for client in clients:
        client.abort()
    await acceptor.wait_closed()


class _PasswordServer(asyncssh.SSHServer):  # type: ignore[misc]
    """Lets in one login with one password."""

    def __init__(self, password: str, fault: Fault) -> None:
        self._password, self._fault = password, fault

    def password_auth_supported(self) -> bool:
        return True

    def validate_password(self, username: str, password: str) -> bool:
        is_login = hmac.compare_digest(username.encode(), LOGIN.encode())
        is_right = hmac.compare_digest(password.encode(), self._password.encode())
        return is_right and is_login and self._fault.kind != "wrong_token"


class _OpenFile(NamedTuple):
    content: bytes
    delivered_at: datetime


class _SftpSession(asyncssh.SFTPServer):  # type: ignore[misc]
    """One client's view of the drop."""

    def __init__(self, channel: asyncssh.SSHServerChannel, drop: SftpDrop) -> None:
        super().__init__(channel)
        self._drop, self._channel = drop, channel

    async def scandir(self, path: bytes) -> AsyncIterator[asyncssh.SFTPName]:
        """Yield a folder's entries, with sizes and the moments of delivery."""
        await self._pause()
        found = self._listing(_normal(path))
        if found is None:
            raise asyncssh.SFTPNoSuchFile(path.decode(errors="replace"))
        for folder in found[0]:
            yield asyncssh.SFTPName(folder.encode(), attrs=_FOLDER)
        for file in found[1]:
            yield asyncssh.SFTPName(file.name.encode(), attrs=await self._attributes(file))

    async def stat(self, path: bytes) -> asyncssh.SFTPAttrs:
        """Return size, kind and delivery moment of a folder or file."""
        if self._listing(_normal(path)) is not None:
            return _FOLDER
        return await self._attributes(self._file(path))

    # there are no links
    lstat = stat

    async def fstat(self, file_obj: _OpenFile) -> asyncssh.SFTPAttrs:
        return _file_attributes(len(file_obj.content), file_obj.delivered_at)

    def realpath(self, path: bytes) -> bytes:
        return _normal(path).encode()

    async def open(self, path: bytes, pflags: int, attrs: asyncssh.SFTPAttrs) -> _OpenFile:
        """Open a delivered file for reading."""
        if pflags & _WRITING:
            raise asyncssh.SFTPPermissionDenied("read-only")
        await self._pause()
        file = self._file(path)
        return _OpenFile(await self._content(file), file.delivered_at)

    def read(self, file_obj: _OpenFile, offset: int, size: int) -> bytes:
        """Return bytes of an open file, spoilt as the agency fails at present."""
        content, failing = file_obj.content, self._drop.fault.kind
        half = len(content) // 2
        if failing == "half_file" and offset + size > half:
            if offset >= half:
                self._channel.get_connection().abort()
            size = max(half - offset, 0)
        part = content[offset : offset + size]
        return part.translate(_MASK) if failing == "garbage" else part

    def close(self, file_obj: _OpenFile) -> None:
        """Forget an open file."""

    def write(self, file_obj: _OpenFile, offset: int, data: bytes) -> int:
        """Refuse: the drop is read-only."""
        raise asyncssh.SFTPPermissionDenied("read-only")

    remove = rename = posix_rename = mkdir = rmdir = setstat = symlink = link = write

    async def _pause(self) -> None:
        """Wait as long as the agency is slow, and fail if it has a transient failure left."""
        await asyncio.sleep(self._drop.fault.seconds_late)
        if self._drop.fault.takes_transient_failure():
            raise asyncssh.SFTPConnectionLost("系统繁忙，请稍后再试")

    def _listing(self, folder: str) -> tuple[list[str], list[DropFile]] | None:
        return self._drop.catalogue.listing(folder, self._drop.now())

    def _file(self, path: bytes) -> DropFile:
        folder, name = posixpath.split(_normal(path))
        for file in (self._listing(folder) or ([], []))[1]:
            if file.name == name:
                return file
        raise asyncssh.SFTPNoSuchFile(path.decode(errors="replace"))

    async def _content(self, file: DropFile) -> bytes:
        return await asyncio.to_thread(self._drop.files.content, file)

    async def _attributes(self, file: DropFile) -> asyncssh.SFTPAttrs:
        rendered = self._drop.files.path(file)
        size = rendered.stat().st_size if rendered.exists() else len(await self._content(file))
        return _file_attributes(size, file.delivered_at)


def _normal(path: bytes) -> str:
    return posixpath.normpath(posixpath.join("/", path.decode(errors="replace"))).replace("//", "/")


def _file_attributes(size: int, delivered_at: datetime) -> asyncssh.SFTPAttrs:
    at = int(delivered_at.timestamp())
    return asyncssh.SFTPAttrs(size=size, uid=0, gid=0, permissions=stat.S_IFREG | 0o444, atime=at, mtime=at)
