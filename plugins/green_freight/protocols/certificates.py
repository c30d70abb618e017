"""What a refused certificate is, in words that an agency can compare with its own."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Iterable

from cryptography import x509
from cryptography.hazmat.primitives import hashes

_SECONDS = 10.0


def described(certificate: x509.Certificate) -> str:
    """Return subject, issuer, last day and SHA-256 fingerprint."""
    fingerprint = certificate.fingerprint(hashes.SHA256()).hex(":").upper()
    subject, issuer = certificate.subject.rfc4514_string(), certificate.issuer.rfc4514_string()
    until = f"{certificate.not_valid_after_utc:%Y-%m-%d}"
    return f"{subject} issued by {issuer}, valid until {until}, SHA-256 {fingerprint}"


def authorities(pem: bytes) -> list[str]:
    """Return the certificates of a bundle, each described; ValueError where it holds none."""
    return [described(each) for each in x509.load_pem_x509_certificates(pem)]


def refusal(reason: str, address: tuple[str, int], server_name: str | None, trusted: Iterable[str]) -> str:
    """Return why a server's certificate was refused, which one it is, and which authorities the connection adds."""
    added = "; ".join(trusted) or "none"
    return (
        f"{server_name or address[0]}:{address[1]}: {reason}; "
        f"presented: {_presented(address, server_name)}; ca_bundle: {added}"
    )


def _presented(address: tuple[str, int], server_name: str | None) -> str:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    # Nothing is sent over this connection: it is closed after the handshake.
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    try:
        with (
            socket.create_connection(address, timeout=_SECONDS) as line,
            context.wrap_socket(line, server_hostname=server_name) as secured,
        ):
            found = secured.getpeercert(binary_form=True)
        return described(x509.load_der_x509_certificate(found or b""))
    except (OSError, ValueError) as error:
        return f"could not be read, {type(error).__name__}"
