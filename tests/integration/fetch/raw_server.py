"""An HTTP server that sends any bytes that a test gives it, whether HTTP allows them or not."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress

Reply = Callable[[str], Iterable[bytes]]


@contextmanager
def serving(reply: Reply) -> Iterator[int]:
    """Serve on the port that is yielded: `reply` gives, by the path and query of a request, the bytes to send.

    Each connection ends with its reply. What a client does not take any more is not sent.
    """
    with socket.create_server(("127.0.0.1", 0)) as listener:
        threading.Thread(target=_accept, args=(listener, reply), daemon=True).start()
        yield listener.getsockname()[1]


def _accept(listener: socket.socket, reply: Reply) -> None:
    with suppress(OSError):
        while True:
            connection, _ = listener.accept()
            threading.Thread(target=_answer, args=(connection, reply), daemon=True).start()


def _answer(connection: socket.socket, reply: Reply) -> None:
    with connection, suppress(OSError):
        request = b""
        while b"\r\n\r\n" not in request:
            if not (part := connection.recv(65536)):
                return
            request += part
        for block in reply(request.split(b" ")[1].decode()):
            connection.sendall(block)


def response(body: bytes, *headers: str, status: str = "200 OK") -> list[bytes]:
    """Return a response whose end is the end of the connection."""
    lines = (f"HTTP/1.1 {status}", "Content-Type: application/json", *headers, "Connection: close", "", "")
    return ["\r\n".join(lines).encode("latin-1"), body]
