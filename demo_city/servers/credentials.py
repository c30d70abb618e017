"""Ports, passwords, tokens and host keys of the demonstration agencies, stored in their home.

They are drawn once and stored, so that servers which start again are the same ones to their clients.
"""

from __future__ import annotations

import json
import os
import secrets
import socket
import string
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import asyncssh

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
_KEY_LETTERS = string.ascii_letters + string.digits


@dataclass(frozen=True)
class DemoConnection:
    """What a client needs to reach one server; `extra` is what the protocol asks beyond login and password."""

    host: str
    port: int
    login: str
    password: str
    extra: dict[str, str] = field(default_factory=dict)

    def as_dict(self) -> dict[str, Any]:
        """Return the plain fields, as agencies.json holds them."""
        return asdict(self)


@dataclass(frozen=True)
class Keyring:
    """The secrets of one home: a password per connection, the exchange's keys, an SSH host key per drop."""

    passwords: dict[str, str]
    exchange: dict[str, str]
    host_keys: dict[str, asyncssh.SSHKey]

    def host_public_key(self, connection: str) -> str:
        """Return the line `ssh-ed25519 AAAA…` of a drop's host key."""
        exported: bytes = self.host_keys[connection].export_public_key("openssh")
        return exported.decode().strip()


def keyring(home: Path) -> Keyring:
    """Return the secrets stored in a home, drawn at the first call."""
    store = home / "secrets.json"
    stored = json.loads(store.read_text()) if store.exists() else {}
    if "passwords" not in stored:
        stored = _drawn()
        write_private(store, json.dumps(stored, indent=1))
    return Keyring(
        passwords=stored["passwords"],
        exchange=stored["exchange"],
        host_keys={name: asyncssh.import_private_key(text) for name, text in stored["host_keys"].items()},
    )


def write_private(path: Path, text: str) -> None:
    """Write a file that only its owner reads, all of it or nothing."""
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_name(f".{path.name}.{os.getpid()}")
    fresh.write_text("")
    fresh.chmod(0o600)
    fresh.write_text(text)
    fresh.replace(path)


def stored_ports(home: Path) -> dict[str, int]:
    """Return the ports on which the servers of a home listened last, by connection."""
    store = home / "ports.json"
    return {name: int(port) for name, port in json.loads(store.read_text()).items()} if store.exists() else {}


def store_ports(home: Path, ports: dict[str, int]) -> None:
    """Remember the ports for the next start."""
    write_private(home / "ports.json", json.dumps(ports))


def bound_socket(preferred: int | None) -> socket.socket:
    """Return a socket bound to 127.0.0.1, on the preferred port if that is free, else on any.

    It doesn't listen yet: a port that is bound and doesn't listen refuses connections, and nobody else takes it.
    """
    for port in (preferred, 0):
        if port is None:
            continue
        # asyncio switches Nagle's algorithm off only where the protocol is named; else every response waits 40 ms
        listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind(("127.0.0.1", port))
        except OSError:
            listener.close()
            continue
        listener.setblocking(False)
        return listener
    raise OSError("no free port on 127.0.0.1")


def _drawn() -> dict[str, Any]:
    return {
        "passwords": {name: secrets.token_urlsafe(24) for name in CONNECTIONS},
        "exchange": {
            "operator_secret": _letters(16),
            "data_secret": _letters(16),
            "data_secret_iv": _letters(16),
            "sig_secret": _letters(16),
        },
        "host_keys": {
            name: asyncssh.generate_private_key("ssh-ed25519").export_private_key("openssh").decode()
            for name in SFTP_CONNECTIONS
        },
    }


def _letters(count: int) -> str:
    return "".join(secrets.choice(_KEY_LETTERS) for _ in range(count))
