"""How long a request and a delivery may take in total, whatever arrives meanwhile.

The timeouts of the libraries end a wait for the next bytes; a server that sends one byte a second never meets them.
"""

from __future__ import annotations

import ssl
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

import httpcore
import httpx

from green_freight.errors import FetchError, certificate_fault
from green_freight.limits import LimitError
from green_freight.protocols.certificates import refusal


@dataclass
class Deadline:
    """An instant of the monotonic clock, and the limit (of `Limits`) that it stands for."""

    limit: str
    seconds: int
    ends_at: float

    @classmethod
    def after(cls, limit: str, seconds: int) -> Deadline:
        """Return the deadline of a limit that begins to count now."""
        return cls(limit, seconds, time.monotonic() + seconds)

    def seconds_left(self) -> float:
        """Return the rest; LimitError where there is none."""
        left = self.ends_at - time.monotonic()
        if left <= 0:
            raise LimitError(self.limit, self.seconds, self.seconds)
        return left


_CURRENT: ContextVar[tuple[Deadline, ...]] = ContextVar("deadlines", default=())


@contextmanager
def ending(*deadlines: Deadline) -> Iterator[None]:
    """Let what this thread does in the block end at the deadlines too; LimitError where one has passed."""
    token = _CURRENT.set((*_CURRENT.get(), *deadlines))
    try:
        seconds_left()
        yield
    finally:
        _CURRENT.reset(token)


def seconds_left() -> float | None:
    """Return the seconds until the next deadline of this thread, None without one; LimitError where one has passed."""
    return min((deadline.seconds_left() for deadline in _CURRENT.get()), default=None)


@contextmanager
def turn(lock: AbstractContextManager[Any]) -> Iterator[None]:
    """Hold a lock for the block; what this thread waited for it counts for none of its deadlines."""
    begun = time.monotonic()
    with lock:
        waited = time.monotonic() - begun
        for deadline in _CURRENT.get():
            deadline.ends_at += waited
        yield


class DeadlineTransport(httpx.HTTPTransport):
    """HTTP over connections of which every step, also of a handshake, ends at the deadlines of its thread."""

    def __init__(self, verify: ssl.SSLContext | bool, proxy: str | None, trusted: Sequence[str] = ()) -> None:
        """`trusted` describes the authorities that the connection adds, for the message of a refused certificate."""
        super().__init__(verify=verify, trust_env=False, proxy=proxy)
        # The library takes a backend of sockets, but its transport does not hand one on.
        pool: Any = self._pool
        pool._network_backend = _Backend(pool._network_backend, trusted)


class _Backend(httpcore.NetworkBackend):
    def __init__(self, inner: httpcore.NetworkBackend, trusted: Sequence[str]) -> None:
        self._inner, self._trusted = inner, trusted

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        with _in_time():
            stream = self._inner.connect_tcp(host, port, _shorter(timeout), local_address, socket_options)
        return _Stream(stream, (host, port), self._trusted)


class _Stream(httpcore.NetworkStream):
    def __init__(
        self, inner: httpcore.NetworkStream, address: tuple[str, int], trusted: Sequence[str]
    ) -> None:
        self._inner, self._address, self._trusted = inner, address, trusted

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        with _in_time():
            return self._inner.read(max_bytes, _shorter(timeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        with _in_time():
            self._inner.write(buffer, _shorter(timeout))

    def close(self) -> None:
        self._inner.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        try:
            with _in_time():
                secured = self._inner.start_tls(ssl_context, server_hostname, _shorter(timeout))
        except httpcore.ConnectError as error:
            if (reason := certificate_fault(error)) is None:
                raise
            detail = refusal(reason, self._address, server_hostname, self._trusted)
            raise FetchError("certificate_refused", detail) from error
        return _Stream(secured, self._address, self._trusted)

    def get_extra_info(self, info: str) -> Any:
        return self._inner.get_extra_info(info)


def _shorter(timeout: float | None) -> float | None:
    return min((each for each in (timeout, seconds_left()) if each is not None), default=None)


@contextmanager
def _in_time() -> Iterator[None]:
    try:
        yield
    except httpcore.TimeoutException:
        # Of the two that could end the wait, the deadline has a message of its own.
        seconds_left()
        raise
