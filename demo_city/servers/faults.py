"""The ways in which an agency fails as a whole, and how its HTTP applications do so."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

KINDS = {
    "down": "端口不通 / the port refuses connections",
    "slow": "每次响应都慢（秒数可设）/ every response is late by the given seconds",
    "wrong_token": "口令或令牌一律不认 / every password or token is refused",  # nosec B105
    "garbage": "响应不是约定的格式 / responses are bytes of no agreed format",
    "half_file": "应答传到一半就断 / every transfer is cut half-way",
    "transient": "前几次请求失败，之后正常 / the first requests fail, later ones succeed",
}
_GARBAGE = b"\x00\xff<html>\xb7\xfe\xce\xf1\xc6\xf7\xce\xac\xbb\xa4\xd6\xd0 502 Bad Gateway</ht\xff"
_DEFAULT_AMOUNT = {"slow": 30.0, "transient": 2.0}


@dataclass
class Fault:
    """How one connection fails at present; `amount` is seconds for slow, the requests still to fail for transient."""

    kind: str | None = None
    amount: float = 0.0

    def set(self, text: str | None) -> None:
        """Fail from now on like `down` or `slow:45` (ValueError for another kind or amount); None: work again."""
        kind, _, amount = (text or "").partition(":")
        if text is not None and kind not in KINDS:
            raise ValueError(f"{kind!r} is no fault; there are {', '.join(KINDS)}")
        self.amount = float(amount) if amount else _DEFAULT_AMOUNT.get(kind, 0.0)
        self.kind = kind or None

    @property
    def seconds_late(self) -> float:
        """Return by how many seconds each response is late."""
        return self.amount if self.kind == "slow" else 0.0

    def takes_transient_failure(self) -> bool:
        """Use up one of the transient failures that are left; False when none is."""
        if self.kind != "transient" or self.amount < 1:
            return False
        self.amount -= 1
        return True


def failing(app: ASGIApp, fault: Fault) -> ASGIApp:
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
