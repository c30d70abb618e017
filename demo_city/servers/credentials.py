"""Ports, passwords, tokens and host keys of the demonstration agencies, stored in their home.

They are drawn once and stored, so that servers which start again are the same ones to their clients.
"""

from __future__ import annotations

import json
import os
import secrets
import socket
import string
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

import asyncssh

# The agency of each connection.
CONNECTIONS = {
    "transport": "transport",
    "commerce": "commerce",
    "postal": "postal",
    "power": "power",
    "power_files": "power",
}
SFTP_CONNECTIONS = ("commerce", "postal", "power_files")
LOGIN = "green-freight"
# The data platform's own organisation code, with which it presents itself to the charging exchange.
PLATFORM_ID = "MA1LYG320"
Now = Callable[[], datetime]


@dataclass(frozen=True)
class DemoConnection:
    """What a client needs to reach one server; `extra` is what the protocol asks beyond login and password."""

    host: str
    port: int
    login: str
    password: str
    extra: dict[str, str] = field(default_factory=dict)


def stored_secrets(home: Path) -> dict[str, dict[str, str]]:
    """Return the secrets of a home, drawn at the first call.

    They are `passwords` by connection, the `exchange`'s secrets, and an SSH host key per drop (`host_keys`).
    """
    store = home / "secrets.json"
    if store.exists():
        found: dict[str, dict[str, str]] = json.loads(store.read_text())
        return found
    exchange = ("operator_secret", "data_secret", "data_secret_iv", "sig_secret")
    letters = string.ascii_letters + string.digits
    drawn = {
        "passwords": {name: secrets.token_urlsafe(24) for name in CONNECTIONS},
        "exchange": {name: "".join(secrets.choice(letters) for _ in range(16)) for name in exchange},
        "host_keys": {
            name: asyncssh.generate_private_key("ssh-ed25519").export_private_key("openssh").decode()
            for name in SFTP_CONNECTIONS
        },
    }
    write_private(store, json.dumps(drawn, indent=1).encode())
    return drawn


def write_private(path: Path, content: bytes) -> None:
    """Write a file that only its owner reads, all of it or nothing."""
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_name(f".{path.name}.{os.getpid()}")
    fresh.touch(0o600)
    fresh.write_bytes(content)
    fresh.replace(path)


def bound_socket(preferred: int) -> socket.socket:
    """Return a socket bound to 127.0.0.1, on the preferred port if that is free, else (or for 0) on any.

    It doesn't listen yet: a port that is bound and doesn't listen refuses connections, and nobody else takes it.
    """
    # asyncio switches Nagle's algorithm off only where the protocol is named; else every response waits 40 ms
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.setblocking(False)
    try:
        listener.bind(("127.0.0.1", preferred))
    except OSError:
        listener.bind(("127.0.0.1", 0))
    return listener
