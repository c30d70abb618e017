"""Real servers that take notifications: a robot over HTTP, and a mail server."""

from __future__ import annotations

import json
import socketserver
import threading
from dataclasses import dataclass
from email import message_from_bytes, policy
from email.message import EmailMessage
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self
from urllib.parse import parse_qs, urlsplit


@dataclass(frozen=True)
class Response:
    """What a robot responds: a status, and JSON, other text, or nothing."""

    status: int = 200
    content: Any = None

    @property
    def body(self) -> bytes:
        """Return the body."""
        if self.content is None:
            return b""
        text = self.content if isinstance(self.content, str) else json.dumps(self.content)
        return text.encode()


class _Served:
    """A server in a thread for the length of a block."""

    server: socketserver.BaseServer

    def __enter__(self) -> Self:
        threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self.server.shutdown()
        self.server.server_close()


class RobotServer(_Served):
    """A group robot: keeps messages and queries, and responds in turn; the last response is repeated."""

    def __init__(self, *responses: Response) -> None:
        self.responses = list(responses)
        self.messages: list[dict[str, Any]] = []
        self.queries: list[dict[str, list[str]]] = []
        robot = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                robot.messages.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
                robot.queries.append(parse_qs(urlsplit(self.path).query))
                response = robot.responses[0]
                if len(robot.responses) > 1:
                    robot.responses.pop(0)
                self.send_response(response.status)
                self.end_headers()
                self.wfile.write(response.body)

            def log_message(self, *_: Any) -> None:
                """Keep quiet."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.port = self.server.server_port

    @property
    def address(self) -> str:
        """Return the beginning of its URLs."""
        return f"http://127.0.0.1:{self.port}"


class MailServer(_Served):
    """A mail server that keeps what it accepts.

    It responds to one command (the content, unless another one is named) in turn; the last response is repeated. A
    response of nothing is silence.
    """

    def __init__(self, *responses: bytes, command: bytes = b"DATA") -> None:
        self.responses = list(responses) or [b"250 accepted\r\n"]
        self.attempts = 0
        self.received: list[EmailMessage] = []
        self.recipients: list[str] = []
        mails, named = self, command

        class Handler(socketserver.StreamRequestHandler):
            def respond(self) -> None:
                mails.attempts += 1
                response = mails.responses[0]
                if len(mails.responses) > 1:
                    mails.responses.pop(0)
                self.wfile.write(response)

            def accept(self) -> None:
                self.wfile.write(b"250 ok\r\n")

            def handle(self) -> None:
                if named == b"CONNECT":
                    self.respond()
                else:
                    self.wfile.write(b"220 ready\r\n")
                for line in self.rfile:
                    command = line.strip().upper()
                    if named != b"DATA" and command.startswith(named):
                        self.respond()
                    elif command.startswith(b"RCPT TO:"):
                        mails.recipients.append(line.decode().partition("<")[2].partition(">")[0])
                        self.accept()
                    elif command == b"DATA":
                        self.wfile.write(b"354 go on\r\n")
                        content = b"".join(iter(self.rfile.readline, b".\r\n"))
                        # Before the response, after which the client goes on.
                        if named != b"DATA" or mails.responses[0].startswith(b"2"):
                            mails.received.append(message_from_bytes(content, policy=policy.default))
                        (self.respond if named == b"DATA" else self.accept)()
                    elif command == b"QUIT":
                        self.wfile.write(b"221 bye\r\n")
                        return
                    else:
                        self.accept()

        self.server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler)
        self.port: int = self.server.socket.getsockname()[1]
        self.server.daemon_threads = True
