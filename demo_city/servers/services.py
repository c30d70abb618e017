"""One running server per connection, each able to start and stop on its own port."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable
from typing import Protocol

import asyncssh
import uvicorn
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from demo_city.servers.credentials import LOGIN
from demo_city.servers.faults import GARBAGE, FaultBoard
from demo_city.servers.sftp_server import PasswordServer, SftpDrop, SftpSession


class Service(Protocol):
    """A server that takes a bound socket and listens on it until it is stopped."""

    async def start(self, listener: socket.socket) -> None:
        """Listen; return when connections are accepted."""

    async def stop(self) -> None:
        """Stop listening and drop the clients."""


class HttpService:
    """An ASGI application under uvicorn."""

    def __init__(self, app: Callable[[], ASGIApp]) -> None:
        self._app = app
        self._server: uvicorn.Server | None = None
        self._task: asyncio.Task[None] | None = None

    async def start(self, listener: socket.socket) -> None:
        """Listen; return when connections are accepted."""
        config = uvicorn.Config(
            self._app(),
            log_config=None,
            log_level="critical",
            access_log=False,
            lifespan="off",
            timeout_graceful_shutdown=1,
            timeout_keep_alive=75,
        )
        self._server = uvicorn.Server(config)
        self._task = asyncio.create_task(self._server.serve(sockets=[listener]))
        while not self._server.started:
            if self._task.done():
                self._task.result()
                raise OSError("the HTTP server ended before it listened")
            await asyncio.sleep(0.005)

    async def stop(self) -> None:
        """Stop listening and drop the clients."""
        if self._server is not None and self._task is not None:
            self._server.should_exit = True
            await self._task


class SftpService:
    """An SFTP server over one drop."""

    def __init__(self, office: SftpDrop, password: str, host_key: asyncssh.SSHKey, board: FaultBoard) -> None:
        self._office = office
        self._password = password
        self._host_key = host_key
        self._board = board
        self._acceptor: asyncssh.SSHAcceptor | None = None
        self._clients: set[asyncssh.SSHServerConnection] = set()

    async def start(self, listener: socket.socket) -> None:
        """Listen; return when connections are accepted."""
        self._acceptor = await asyncssh.listen(
            sock=listener,
            server_factory=self._gatekeeper,
            server_host_keys=[self._host_key],
            sftp_factory=lambda channel: SftpSession(channel, self._office),
            allow_scp=False,
            acceptor=self._clients.add,
        )

    async def stop(self) -> None:
        """Stop listening and drop the clients."""
        if self._acceptor is None:
            return
        self._acceptor.close()
        for client in self._clients:
            client.abort()
        self._clients.clear()
        await self._acceptor.wait_closed()

    def _gatekeeper(self) -> PasswordServer:
        return PasswordServer(LOGIN, self._password, self._board, self._office.connection)


class DownService:
    """An agency that is down: its port is taken and refuses every connection."""

    def __init__(self) -> None:
        self._listener: socket.socket | None = None

    async def start(self, listener: socket.socket) -> None:
        """Keep the port without listening."""
        self._listener = listener

    async def stop(self) -> None:
        """Give the port back."""
        if self._listener is not None:
            self._listener.close()


class FaultMiddleware:
    """An ASGI application around another one: slow, garbage and half_file happen here."""

    def __init__(self, app: ASGIApp, board: FaultBoard, connection: str) -> None:
        self._app = app
        self._board = board
        self._connection = connection

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request the way the connection works now."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        seconds = self._board.seconds_late(self._connection)
        if seconds:
            await asyncio.sleep(seconds)
        if self._board.fails(self._connection, "garbage"):
            await _send_whole(send, GARBAGE)
        elif self._board.fails(self._connection, "half_file"):
            await self._send_half(scope, receive, send)
        else:
            await self._app(scope, receive, send)

    async def _send_half(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Announce the whole length, send half, and return: the server then closes the connection."""
        held: list[Message] = []

        async def hold(message: Message) -> None:
            held.append(message)

        await self._app(scope, receive, hold)
        await send(held[0])
        body = b"".join(message.get("body", b"") for message in held[1:])
        await send({"type": "http.response.body", "body": body[: len(body) // 2], "more_body": True})
        await asyncio.sleep(0.05)


async def _send_whole(send: Send, body: bytes) -> None:
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": body})
