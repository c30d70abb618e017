"""Responses as a server sends them: the client reads them from a stream."""

from __future__ import annotations

from collections.abc import Callable

import httpx


def transport(answer: Callable[[httpx.Request], httpx.Response]) -> httpx.MockTransport:
    """Return a transport that gives what `answer` says, to be read."""

    def streamed(request: httpx.Request) -> httpx.Response:
        response = answer(request)
        return httpx.Response(
            response.status_code, headers=response.headers, stream=httpx.ByteStream(response.content)
        )

    return httpx.MockTransport(streamed)
