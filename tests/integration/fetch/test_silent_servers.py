"""Agencies that stop responding, and servers that are no longer the ones that were registered."""

from __future__ import annotations

import io
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import asyncssh
import httpx
import paramiko
import pytest
from green_freight.errors import FetchError
from green_freight.limits import Limits
from green_freight.protocols.http import open_http, received
from green_freight.protocols.retry_policy import Retries, RetryPolicy
from green_freight.protocols.sftp import SftpSession

from .ssh_server import CONTENT, FOLDER, ssh_server

POLICY = RetryPolicy(attempts=1, connect_seconds=1, answer_seconds=1)
TIMED_OUT = ("time_out", True)
KEYS = {
    name: asyncssh.generate_private_key(name) for name in ("ssh-ed25519", "ecdsa-sha2-nistp256", "ssh-rsa")
}


def _public(key: asyncssh.SSHKey) -> str:
    return key.export_public_key("openssh").decode().strip()


def _failure(request: Callable[[], object]) -> FetchError:
    with pytest.raises(FetchError) as raised:
        request()
    return raised.value


def _fetch(port: int, host_key: str, limits: Limits | None = None) -> bytes:
    session = SftpSession("127.0.0.1", port, "demo", "demo", host_key)
    try:
        [file] = session.files(FOLDER, Retries(POLICY, limits))
        target = io.BytesIO()
        session.download(file, target, Retries(POLICY, limits))
        return target.getvalue()
    finally:
        session.close()


@pytest.mark.parametrize("hangs_at", ["login", "listing", "status", "content"])
def test_a_share_that_stops_responding_is_given_up(hangs_at: str) -> None:
    key = KEYS["ssh-ed25519"]
    with ssh_server(key, hangs_at=hangs_at) as port:
        failure = _failure(lambda: _fetch(port, _public(key)))
    assert (failure.code, failure.is_transient) == TIMED_OUT


class _NoSession(paramiko.ServerInterface):
    """Lets everybody in and never says whether it has SFTP: a wait to which the library sets no end."""

    def __init__(self) -> None:
        self.is_over = threading.Event()

    def check_auth_password(self, username: str, password: str) -> int:
        return paramiko.common.AUTH_SUCCESSFUL

    def check_channel_request(self, kind: str, chanid: int) -> int:
        return paramiko.common.OPEN_SUCCEEDED

    def check_channel_subsystem_request(self, channel: paramiko.Channel, name: str) -> bool:
        self.is_over.wait()
        return False


def test_a_share_whose_session_never_begins_is_given_up_at_the_limit_of_a_request() -> None:
    key, server = paramiko.RSAKey.generate(2048), _NoSession()
    with socket.create_server(("127.0.0.1", 0)) as listening:
        fetched: list[FetchError] = []
        limits = Limits.of("csv", {"requestSeconds": 2})
        host_key = f"{key.get_name()} {key.get_base64()}"
        port = listening.getsockname()[1]
        fetching = threading.Thread(
            target=lambda: fetched.append(_failure(lambda: _fetch(port, host_key, limits)))
        )
        fetching.start()
        transport = paramiko.Transport(listening.accept()[0])
        transport.add_server_key(key)
        transport.start_server(server=server)
        fetching.join(30)
        server.is_over.set()
        transport.close()
    [failure] = fetched
    assert failure.code == "too_slow"


@contextmanager
def _silent(said: bytes) -> Iterator[int]:
    """Accept connections, say something and then nothing, and keep them open."""
    listening = socket.create_server(("127.0.0.1", 0))
    accepted: list[socket.socket] = []

    def accept() -> None:
        while True:
            try:
                line, _ = listening.accept()
            except OSError:
                return
            accepted.append(line)
            line.sendall(said)

    thread = threading.Thread(target=accept, daemon=True)
    thread.start()
    try:
        yield listening.getsockname()[1]
    finally:
        listening.shutdown(socket.SHUT_RDWR)
        listening.close()
        for line in accepted:
            line.close()
        thread.join(5)


@pytest.mark.parametrize("said", [b"", b"SSH-2.0-OpenSSH_9.6", b"SSH-2.0-OpenSSH_9.6\r\n"])
def test_a_share_that_accepts_and_says_nothing_is_given_up(said: bytes) -> None:
    with _silent(said) as port:
        failure = _failure(lambda: _fetch(port, _public(KEYS["ssh-ed25519"])))
    assert failure.is_transient, failure


@pytest.mark.parametrize(
    ("scheme", "said"),
    [
        ("http", b""),
        ("http", b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"),
        ("http", b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n"),
        ("http", b'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n{"cod\r\n'),
        ("https", b""),
    ],
)
def test_an_interface_that_accepts_and_stops_is_given_up(scheme: str, said: bytes) -> None:
    with _silent(said) as port, open_http(f"{scheme}://127.0.0.1:{port}", POLICY) as client:
        failure = _failure(lambda: Retries(POLICY).call(lambda: received(client, Limits(), "GET", "/")))
    assert (failure.code, failure.is_transient) == TIMED_OUT


def test_a_server_that_does_not_accept_is_given_up() -> None:
    with socket.socket() as full:
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        port = full.getsockname()[1]
        # The queue of connections that nobody accepts is full; further ones get no response at all.
        waiting = [socket.socket() for _ in range(3)]
        for each in waiting:
            each.setblocking(False)
            each.connect_ex(("127.0.0.1", port))
        with open_http(f"http://127.0.0.1:{port}", POLICY) as client:
            failure = _failure(lambda: Retries(POLICY).call(lambda: client.get("/")))
        assert (failure.code, failure.is_transient) == TIMED_OUT
        failure = _failure(lambda: _fetch(port, _public(KEYS["ssh-ed25519"])))
        assert (failure.code, failure.is_transient) == TIMED_OUT
        for each in waiting:
            each.close()


@pytest.mark.parametrize("registered", KEYS)
def test_the_registered_host_key_is_accepted_beside_others(registered: str) -> None:
    with ssh_server(*KEYS.values()) as port:
        assert _fetch(port, _public(KEYS[registered])) == CONTENT


@pytest.mark.parametrize(
    ("registered", "presented"),
    [
        ("ssh-ed25519", "another ssh-ed25519"),
        ("ssh-ed25519", "ssh-rsa"),
        ("ssh-ed25519", "ecdsa-sha2-nistp256"),
        ("ssh-rsa", "ssh-ed25519"),
    ],
)
def test_another_host_key_is_refused_with_both_fingerprints(registered: str, presented: str) -> None:
    new = KEYS.get(presented) or asyncssh.generate_private_key("ssh-ed25519")
    with ssh_server(new) as port:
        failure = _failure(lambda: _fetch(port, _public(KEYS[registered])))
    assert (failure.code, failure.is_transient) == ("host_key_differs", False)
    assert f"registered {registered} {KEYS[registered].get_fingerprint()}" in failure.detail
    assert f"presented {presented.removeprefix('another ')} {new.get_fingerprint()}" in failure.detail
    assert "host_key" in failure.kind.advice_zh and "Ask the agency" in failure.kind.advice_en


def test_a_missing_host_key_is_a_setting_to_correct() -> None:
    with ssh_server(KEYS["ssh-ed25519"]) as port:
        for host_key in ("", "  ", "SHA256:abc"):
            failure = _failure(lambda text=host_key: _fetch(port, text))  # type: ignore[misc]
            assert (failure.code, failure.is_transient) == ("connection_incomplete", False)
            assert "host_key" in failure.detail


def test_nothing_waits_longer_than_it_says() -> None:
    """The library's own waits, of which the tests above rely on the ends."""
    with open_http("http://127.0.0.1", RetryPolicy()) as client:
        assert client.timeout == httpx.Timeout(60, connect=10)
