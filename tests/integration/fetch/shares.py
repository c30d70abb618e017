"""An SFTP share whose names are bytes, as the servers of other systems have them."""

from __future__ import annotations

import asyncio
import io
import stat
import threading
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import asyncssh
from green_freight.agencies.connector import Connection

from .conftest import QUICK

CHANGED_AT = int(datetime(2025, 10, 3, tzinfo=UTC).timestamp())


@dataclass
class Odd:
    """A file that is not what it says: its kind, the size that is stated, and what a read at an offset gives."""

    kind: int = stat.S_IFREG
    size: int = 10
    read: Callable[[int, int], Awaitable[bytes]] | None = None


Content = bytes | Odd
Folder = Iterable[tuple[bytes, Content]]


class Share:
    """Serves folders of (name, content) for a `with` block; `refused` is the message with which it denies a folder."""

    def __init__(self, folders: Mapping[str, Folder], refused: Mapping[str, bytes] | None = None) -> None:
        self.folders, self.refused = folders, refused or {}
        self._key = asyncssh.generate_private_key("ssh-ed25519")
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)

    def __enter__(self) -> Share:
        self._thread.start()
        self._acceptor = asyncio.run_coroutine_threadsafe(self._listen(), self._loop).result(20)
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._acceptor.close)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(20)

    @property
    def connection(self) -> Connection:
        """Return the package's connection to this share."""
        host_key = self._key.export_public_key("openssh").decode().strip()
        return Connection(
            "127.0.0.1", self._acceptor.get_port(), "demo", "demo", {"host_key": host_key, **QUICK}
        )

    def find(self, path: bytes) -> Content:
        """Return the content of a file by its path as the client sent it."""
        folder, _, wanted = path.rpartition(b"/")
        for name, content in self.folders.get(folder.decode(), ()):
            if name == wanted:
                return content
        raise asyncssh.SFTPNoSuchFile("no such file")

    async def _listen(self) -> asyncssh.SSHAcceptor:
        share = self

        class Session(_Session):
            served = share

        return await asyncssh.listen(
            "127.0.0.1",
            0,
            server_factory=_Gate,
            server_host_keys=[self._key],
            sftp_factory=Session,
            allow_scp=False,
        )


class _Gate(asyncssh.SSHServer):
    def begin_auth(self, username: str) -> bool:
        return True

    def password_auth_supported(self) -> bool:
        return True

    def validate_password(self, username: str, password: str) -> bool:
        return True


class _Session(asyncssh.SFTPServer):
    served: Share

    async def scandir(self, path: bytes) -> AsyncIterator[asyncssh.SFTPName]:
        folder = path.decode()
        if folder in self.served.refused:
            # As bytes, which asyncssh sends as they are.
            raise asyncssh.SFTPPermissionDenied(self.served.refused[folder])  # type: ignore[arg-type]
        if folder not in self.served.folders:
            raise asyncssh.SFTPNoSuchFile("no such folder")
        for name, content in self.served.folders[folder]:
            yield asyncssh.SFTPName(name, attrs=_attributes(content))

    async def stat(self, path: bytes) -> asyncssh.SFTPAttrs:
        if path.decode("latin-1") in self.served.folders:
            return asyncssh.SFTPAttrs(permissions=stat.S_IFDIR | 0o755)
        return _attributes(self.served.find(path))

    async def lstat(self, path: bytes) -> asyncssh.SFTPAttrs:
        return await self.stat(path)

    async def fstat(self, file_obj: Any) -> asyncssh.SFTPAttrs:
        return _attributes(file_obj.content)

    def realpath(self, path: bytes) -> bytes:
        return path

    async def open(self, path: bytes, pflags: int, attrs: asyncssh.SFTPAttrs) -> Any:
        return SimpleNamespace(content=self.served.find(path))

    async def read(self, file_obj: Any, offset: int, size: int) -> bytes:
        if isinstance(file_obj.content, Odd):
            assert file_obj.content.read is not None, "what is no file was opened"
            return await file_obj.content.read(offset, size)
        return io.BytesIO(file_obj.content[offset:]).read(size)

    def close(self, file_obj: Any) -> None:
        """Close nothing."""


def _attributes(content: Content) -> asyncssh.SFTPAttrs:
    kind, size = (content.kind, content.size) if isinstance(content, Odd) else (stat.S_IFREG, len(content))
    return asyncssh.SFTPAttrs(
        size=size, uid=0, gid=0, permissions=kind | 0o644, atime=CHANGED_AT, mtime=CHANGED_AT
    )
