"""An HTTP agency's server: an ASGI application under uvicorn with one fault at a time."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import uvicorn
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from demo_city.servers.faults import Fault

_GARBAGE = b"\x00\xff<html>\xb7\xfe\xce\xf1\xc6\xf7\xce\xac\xbb\xa4\xd6\xd0 502 Bad Gateway</ht\xff"


@asynccontextmanager
async def http_server(listener: socket.socket, app: ASGIApp, fault: Fault) -> AsyncIterator[None]:
    """Serve an application on a bound socket within the block."""
    config = uvicorn.Config(
        _failing(app, fault),
        log_config=None,
        log_level="critical",
        access_log=False,
        lifespan="off",
        timeout_graceful_shutdown=1,
        timeout_keep_alive=75,
    )
    server = uvicorn.Server(config)
    serving = asyncio.create_task(server.serve(sockets=[listener]))
    while not server.started:
        if serving.done():
            await serving
            raise OSError("the HTTP server ended before it listened")
        await asyncio.sleep(0.005)
    yield
    server.should_exit = True
    await serving


def _failing(app: ASGIApp, fault: Fault) -> ASGIApp:
    """Return an application that is slow, answers garbage or stops half-way where the fault says so."""

    async def respond(scope: Scope, receive: Receive, send: Send) -> None:
        if fault.seconds_late:
            await asyncio.sleep(fault.seconds_late)
        if fault.kind == "garbage":
            await Response(_GARBAGE, media_type="application/json")(scope, receive, send)
        elif fault.kind == "half_file":
            await _send_half(app, scope, receive, send)
        else:
            await app(scope, receive, send)

    return respond


async def _send_half(app: ASGIApp, scope: Scope, receive: Receive, send: Send) -> None:
    """Announce the whole length, send half, and return: the server then closes the connection."""
    held: list[Message] = []

    async def hold(message: Message) -> None:
        held.append(message)

    await app(scope, receive, hold)
    await send(held[0])
    body = b"".join(message.get("body", b"") for message in held[1:])
    await send({"type": "http.response.body", "body": body[: len(body) // 2], "more_body": True})
    await asyncio.sleep(0.05)
