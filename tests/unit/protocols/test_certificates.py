"""Certificates of an authority of one's own: trusted by a setting of the connection, named where refused."""

from __future__ import annotations

import http.server
import ipaddress
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from green_freight.errors import FetchError
from green_freight.protocols.http import open_http
from green_freight.protocols.retry_policy import Retries, RetryPolicy

POLICY = RetryPolicy(attempts=3, first_wait_seconds=0, longest_wait_seconds=0)


def _certificate(folder: Path, name: str, host: str, days: int) -> tuple[Path, Path]:
    """Write a self-signed certificate for a host, valid for so many days from the day before yesterday, and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, host)])
    begins = datetime.now(UTC) - timedelta(days=2)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(begins)
        .not_valid_after(begins + timedelta(days=days))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address(host))]), critical=False
        )
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    paths = folder / f"{name}.pem", folder / f"{name}.key"
    paths[0].write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    paths[1].write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    )
    return paths


class _Answers(http.server.BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("content-length", "2")
        self.end_headers()
        self.wfile.write(b"{}")

    def log_message(self, *_: object) -> None:
        pass


@contextmanager
def _served(certificate: Path, key: Path) -> Iterator[str]:
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Answers)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"https://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def _status(url: str, ca_bundle: str | None) -> int:
    with open_http(url, POLICY, ca_bundle=ca_bundle) as client:
        return Retries(POLICY).call(lambda: client.get("/").status_code)


def test_an_authority_of_ones_own_is_trusted_by_file_or_text(tmp_path: Path) -> None:
    certificate, key = _certificate(tmp_path, "own", "127.0.0.1", 10)
    with _served(certificate, key) as url:
        assert _status(url, str(certificate)) == 200
        assert _status(url, certificate.read_text()) == 200


@pytest.mark.parametrize(
    ("host", "days", "is_trusted", "words"),
    [
        ("127.0.0.1", 10, False, "self-signed certificate"),
        ("127.0.0.1", 1, True, "certificate has expired"),
        ("127.0.0.2", 10, True, "IP address mismatch"),
    ],
)
def test_a_refused_certificate_is_named_and_does_not_pass_by_itself(
    tmp_path: Path, host: str, days: int, is_trusted: bool, words: str
) -> None:
    certificate, key = _certificate(tmp_path, "other", host, days)
    with _served(certificate, key) as url, pytest.raises(FetchError) as caught:
        _status(url, str(certificate) if is_trusted else None)
    assert caught.value.code == "certificate_refused" and not caught.value.is_transient
    assert words in caught.value.detail
    presented, added = caught.value.detail.split("; ca_bundle: ")
    fingerprint = x509.load_pem_x509_certificate(certificate.read_bytes()).fingerprint(hashes.SHA256())
    assert fingerprint.hex(":").upper() in presented
    assert f"CN={host} issued by CN={host}, valid until " in presented
    assert (added == "none") is not is_trusted
    assert "ca_bundle" in caught.value.kind.advice_zh and "ca_bundle" in caught.value.kind.advice_en


def test_a_certificate_that_was_changed_is_named_beside_the_one_that_was_trusted(tmp_path: Path) -> None:
    old, _ = _certificate(tmp_path, "old", "127.0.0.1", 10)
    certificate, key = _certificate(tmp_path, "new", "127.0.0.1", 10)
    with _served(certificate, key) as url, pytest.raises(FetchError) as caught:
        _status(url, str(old))
    assert caught.value.code == "certificate_refused" and not caught.value.is_transient
    presented, added = caught.value.detail.split("; ca_bundle: ")
    for path, text in ((certificate, presented), (old, added)):
        fingerprint = x509.load_pem_x509_certificate(path.read_bytes()).fingerprint(hashes.SHA256())
        assert fingerprint.hex(":").upper() in text


@pytest.mark.parametrize("bundle", ["/no/such/file.pem", "-----BEGIN CERTIFICATE-----\nnonsense"])
def test_a_bundle_that_cannot_be_read_is_a_setting_to_correct(bundle: str) -> None:
    with pytest.raises(FetchError, match=r"connection_incomplete: extra\.ca_bundle"):
        open_http("https://127.0.0.1", POLICY, ca_bundle=bundle)


def test_a_server_that_is_not_there_may_come_back(tmp_path: Path) -> None:
    certificate, key = _certificate(tmp_path, "own", "127.0.0.1", 10)
    with _served(certificate, key) as url:
        pass
    with pytest.raises(FetchError, match="unreachable"):
        _status(url, str(certificate))
