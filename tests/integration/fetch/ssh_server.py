"""An SFTP server with host keys of one's choice that stops responding at a chosen point."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import asyncssh

CONTENT = b"a" * 200_000
FOLDER = "/drop"


@contextmanager
def ssh_server(*keys: asyncssh.SSHKey, hangs_at: str = "") -> Iterator[int]:
    """Serve one file and give the port; `hangs_at` is login, listing, status or content."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()

    async def listen() -> asyncssh.SSHAcceptor:
        class Gate(asyncssh.SSHServer):
            async def begin_auth(self, username: str) -> bool:
                await _hang("login", hangs_at)
                return True

            def password_auth_supported(self) -> bool:
                return True

            def validate_password(self, username: str, password: str) -> bool:
                return True

        class Session(asyncssh.SFTPServer):
            async def scandir(self, path: bytes) -> Any:
                await _hang("listing", hangs_at)
                yield asyncssh.SFTPName(b"a.csv", attrs=_ATTRIBUTES)

            async def stat(self, path: bytes) -> asyncssh.SFTPAttrs:
                await _hang("status", hangs_at)
                return _ATTRIBUTES

            lstat = stat

            def realpath(self, path: bytes) -> bytes:
                return path

            async def open(self, path: bytes, pflags: int, attrs: asyncssh.SFTPAttrs) -> Any:
                return path

            async def read(self, file_obj: Any, offset: int, size: int) -> bytes:
                if offset:
                    await _hang("content", hangs_at)
                return CONTENT[offset : offset + size]

            async def fstat(self, file_obj: Any) -> asyncssh.SFTPAttrs:
                return _ATTRIBUTES

            def close(self, file_obj: Any) -> None:
                """Close nothing."""

        return await asyncssh.listen(
            "127.0.0.1", 0, server_factory=Gate, server_host_keys=list(keys), sftp_factory=Session
        )

    acceptor = asyncio.run_coroutine_threadsafe(listen(), loop).result(20)
    try:
        yield acceptor.get_port()
    finally:
        asyncio.run_coroutine_threadsafe(_end(acceptor), loop).result(20)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(20)


_ATTRIBUTES = asyncssh.SFTPAttrs(
    size=len(CONTENT), uid=0, gid=0, permissions=0o100644, atime=1759190400, mtime=1759190400
)


async def _end(acceptor: asyncssh.SSHAcceptor) -> None:
    acceptor.close()
    hanging = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
    for task in hanging:
        task.cancel()
    await asyncio.gather(*hanging, return_exceptions=True)


async def _hang(here: str, chosen: str) -> None:
    if here == chosen:
        await asyncio.sleep(3600)
