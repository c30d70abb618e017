"""What stands before an HTTP service and lets it fail as its agency does at present."""

from __future__ import annotations

import asyncio

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from demo_city.servers.faults import GARBAGE, FaultBoard


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
