"""The agencies' HTTP services as real servers that send what a test gives them."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, NamedTuple
from urllib.parse import parse_qsl, urlsplit

from green_freight.agencies.connector import Connection
from green_freight.protocols.tcec102 import Secrets, decrypt, encrypt, sign

SECRETS = Secrets("1234567890abcdef", "fedcba0987654321", "the signing secret")
_TOKEN = {"SuccStat": 0, "AccessToken": "token", "TokenAvailableTime": 7200, "FailReason": 0}


class Answer(NamedTuple):
    """A response as it is sent: the body, the status, and headers besides its length."""

    body: bytes
    status: int = 200
    headers: Mapping[str, str] = {}


class PagedService:
    """The transport platform for a `with` block; `answer(path, query)` is called for each request."""

    extra: Mapping[str, str] = {}

    def __init__(self, answer: Callable[[str, dict[str, str]], Answer]) -> None:
        self._answer = answer
        service = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                service._send(self, b"")

            def do_POST(self) -> None:
                service._send(self, self.rfile.read(int(self.headers["Content-Length"])))

            def log_message(self, *_: Any) -> None:
                """Log nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True

    def __enter__(self) -> PagedService:
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    def connection(self, retries: Mapping[str, str]) -> Connection:
        """Return the package's connection to this service."""
        port = self._server.server_address[1]
        return Connection("127.0.0.1", port, "demo", "demo", {**self.extra, **retries})

    def response(self, path: str, content: bytes) -> Answer:
        """Return what is sent for a request."""
        parts = urlsplit(path)
        return self._answer(parts.path.rpartition("/")[2], dict(parse_qsl(parts.query)))

    def _send(self, handler: BaseHTTPRequestHandler, content: bytes) -> None:
        answer = self.response(handler.path, content)
        handler.send_response(answer.status)
        for name, value in answer.headers.items():
            handler.send_header(name, value)
        handler.send_header("Content-Length", str(len(answer.body)))
        handler.end_headers()
        handler.wfile.write(answer.body)


class ChargingExchangeService(PagedService):
    """The charging exchange; `answer(interface, parameters)` is called for each decrypted request but the login."""

    extra: Mapping[str, str] = {
        "operator_id": "MA1ASKING",
        # No word of the messages: a secret is redacted wherever it occurs, for the rest of this process.
        "operator_secret": "4c1f70d2b9e3",
        "data_secret": SECRETS.data_secret,
        "data_secret_iv": SECRETS.data_secret_iv,
        "sig_secret": SECRETS.sig_secret,
    }

    def response(self, path: str, content: bytes) -> Answer:
        """Return what is sent for a request."""
        interface = path.rpartition("/")[2]
        if interface == "query_token":
            return Answer(envelope(json.dumps(_TOKEN)))
        return self._answer(interface, json.loads(decrypt(json.loads(content)["Data"], SECRETS)))


def envelope(content: str, **changes: Any) -> bytes:
    """Return the signed envelope of an encrypted content; `changes` replace parts of it after the signature."""
    data = encrypt(content, SECRETS)
    return json.dumps(
        {"Ret": 0, "Msg": "", "Data": data, "Sig": sign(f"0{data}", SECRETS)} | changes
    ).encode()
