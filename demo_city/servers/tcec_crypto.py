"""The cryptography of T/CEC 102, the power company's side: written from the standard, shared with no client."""

from __future__ import annotations

import base64
import binascii
import hmac
from dataclasses import dataclass

from cryptography.hazmat.primitives import padding
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

BLOCK_BITS = 128


class UnreadableDataError(ValueError):
    """The Data field is no Base64, not whole blocks, or its padding is wrong."""


@dataclass(frozen=True)
class TcecKeys:
    """DataSecret and DataSecretIV (16 bytes each) for AES-128-CBC, SigSecret for HMAC-MD5."""

    data_secret: str
    data_secret_iv: str
    sig_secret: str

    def encrypt(self, plaintext: bytes) -> str:
        """Return the Base64 of AES-128-CBC with PKCS#7 padding."""
        padder = padding.PKCS7(BLOCK_BITS).padder()
        encryptor = self._cipher().encryptor()
        padded = padder.update(plaintext) + padder.finalize()
        return base64.b64encode(encryptor.update(padded) + encryptor.finalize()).decode("ascii")

    def decrypt(self, data: str) -> bytes:
        """Return the plaintext of a Data field; UnreadableDataError for other keys or damaged data."""
        try:
            decryptor = self._cipher().decryptor()
            padded = decryptor.update(base64.b64decode(data, validate=True)) + decryptor.finalize()
            unpadder = padding.PKCS7(BLOCK_BITS).unpadder()
            return unpadder.update(padded) + unpadder.finalize()
        except (binascii.Error, ValueError) as problem:
            raise UnreadableDataError(str(problem)) from problem

    def sign_request(self, operator_id: str, data: str, time_stamp: str, seq: str) -> str:
        """Return Sig over OperatorID + Data + TimeStamp + Seq."""
        return self._sign(operator_id + data + time_stamp + seq)

    def sign_response(self, ret: int, message: str, data: str) -> str:
        """Return Sig over Ret + Msg + Data."""
        return self._sign(f"{ret}{message}{data}")

    def _sign(self, text: str) -> str:
        return hmac.new(self.sig_secret.encode(), text.encode(), "md5").hexdigest().upper()

    def _cipher(self) -> Cipher[modes.CBC]:
        return Cipher(algorithms.AES(self.data_secret.encode()), modes.CBC(self.data_secret_iv.encode()))
