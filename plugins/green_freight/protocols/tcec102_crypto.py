"""The envelope of T/CEC 102 part 4: AES-128-CBC with PKCS#7 for secrecy, HMAC-MD5 for authenticity.

The standard fixes both; MD5 is what the other side speaks, not a choice made here.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from dataclasses import dataclass, field

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.padding import PKCS7

from green_freight.errors import FetchError

_KEY_BYTES = 16


@dataclass(frozen=True)
class Secrets:
    """The three secrets that both sides share; key and IV have 16 bytes each."""

    data_secret: str = field(repr=False)
    data_secret_iv: str = field(repr=False)
    sig_secret: str = field(repr=False)

    def __post_init__(self) -> None:
        for name in ("data_secret", "data_secret_iv"):
            if len(getattr(self, name).encode()) != _KEY_BYTES:
                raise FetchError("connection_incomplete", f"{name} must have {_KEY_BYTES} bytes")


def encrypt(plaintext: str, secrets: Secrets) -> str:
    """Return the Base64 of the encrypted UTF-8 text."""
    padder = PKCS7(algorithms.AES.block_size).padder()
    padded = padder.update(plaintext.encode()) + padder.finalize()
    encryptor = _cipher(secrets).encryptor()
    return base64.b64encode(encryptor.update(padded) + encryptor.finalize()).decode()


def decrypt(data: str, secrets: Secrets) -> str:
    """Return the UTF-8 text that Base64 `data` hides.

    Raises:
        FetchError: `decryption_failed` (permanent), the message says at which step.
    """
    try:
        decryptor = _cipher(secrets).decryptor()
        padded = decryptor.update(base64.b64decode(data, validate=True)) + decryptor.finalize()
        unpadder = PKCS7(algorithms.AES.block_size).unpadder()
        return (unpadder.update(padded) + unpadder.finalize()).decode()
    except (binascii.Error, ValueError) as error:
        raise FetchError("decryption_failed", f"{type(error).__name__}: {error}") from error


def sign(text: str, secrets: Secrets) -> str:
    """Return the upper-case hex HMAC-MD5 of `OperatorID + Data + TimeStamp + Seq` or `Ret + Msg + Data`."""
    return hmac.new(secrets.sig_secret.encode(), text.encode(), hashlib.md5).hexdigest().upper()


def is_signed(text: str, signature: str, secrets: Secrets) -> bool:
    """Tell whether a signature is right; lower-case hex is accepted, some platforms send it."""
    return hmac.compare_digest(sign(text, secrets).encode(), signature.upper().encode())


def _cipher(secrets: Secrets) -> Cipher[modes.CBC]:
    return Cipher(algorithms.AES(secrets.data_secret.encode()), modes.CBC(secrets.data_secret_iv.encode()))
