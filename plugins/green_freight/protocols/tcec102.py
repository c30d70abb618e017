"""The client of the national charging exchange T/CEC 102, as the power company's platform serves it.

The envelope (part 4) is AES-128-CBC with PKCS#7 for secrecy and HMAC-MD5 for authenticity. The standard fixes both;
MD5 is what the other side speaks, not a choice made here.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
import threading
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

import httpx
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.padding import PKCS7

from green_freight.errors import FetchError
from green_freight.landing import Exchange
from green_freight.limits import Limits
from green_freight.periods import SHANGHAI
from green_freight.protocols.http import (
    Page,
    checked,
    code_error,
    decoded,
    json_object,
    read_all_pages,
    received,
    whole_number,
)
from green_freight.protocols.retry_policy import Retries
from green_freight.protocols.tcec102_drift import SHAPES, canonical
from green_freight.redaction import remember

_KEY_BYTES = 16
_URL_ALPHABET = str.maketrans("-_", "+/")

PAGE_SIZE = 50
_MOST_IN_A_SECOND = 9999
# Ret of the response → failure; after 4002 the token is renewed first (charging_exchange.md).
_FAILURES = {
    "-1": "busy",
    "500": "server_error",
    "4001": "signature_refused",
    "4002": "token_refused",
    "4003": "request_refused",
    "4004": "request_refused",
}


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

    Raises FetchError `decryption_failed`: it says whether the text is no Base64 or the secrets do not open it.
    """
    try:
        decryptor = _cipher(secrets).decryptor()
        padded = decryptor.update(_bytes_of(data)) + decryptor.finalize()
        unpadder = PKCS7(algorithms.AES.block_size).unpadder()
        return (unpadder.update(padded) + unpadder.finalize()).decode()
    except ValueError as error:
        raise FetchError("decryption_failed", f"{type(error).__name__}: {error}") from error


def _bytes_of(data: str) -> bytes:
    """Return the bytes of Base64, also with line breaks, in the alphabet for URLs, or without padding (RFC 4648)."""
    plain = "".join(data.split()).translate(_URL_ALPHABET).rstrip("=")
    try:
        return base64.b64decode(plain + "=" * (-len(plain) % 4), validate=True)
    except binascii.Error as error:
        raise FetchError(
            "decryption_failed",
            f"Data is no Base64, whatever the secrets are: {error}",
            detail_zh=f"Data 不是 Base64，与密钥无关：{error}",
        ) from error


def sign(text: str, secrets: Secrets) -> str:
    """Return the upper-case hex HMAC-MD5 of `OperatorID + Data + TimeStamp + Seq` or `Ret + Msg + Data`."""
    return hmac.new(secrets.sig_secret.encode(), text.encode(), hashlib.md5).hexdigest().upper()


def is_signed(text: str, signature: str, secrets: Secrets) -> bool:
    """Tell whether a signature is right; lower-case hex is accepted, some platforms send it."""
    return hmac.compare_digest(sign(text, secrets).encode(), signature.upper().encode())


def _cipher(secrets: Secrets) -> Cipher[modes.CBC]:
    return Cipher(algorithms.AES(secrets.data_secret.encode()), modes.CBC(secrets.data_secret_iv.encode()))


@dataclass(frozen=True)
class Identity:
    """How this side is known to the platform: the OperatorID in the envelope and the secret for query_token."""

    operator_id: str
    operator_secret: str = field(repr=False)


class Sequence:
    """Numbers the requests: Seq counts from 0001 inside one second of TimeStamp. Safe between threads."""

    def __init__(self, now: Callable[[], datetime] = lambda: datetime.now(SHANGHAI)) -> None:
        self._now = now
        self._lock = threading.Lock()
        self._second = ""
        self._last = 0

    def next(self) -> tuple[str, str]:
        """Return (TimeStamp, Seq); in a second with all numbers used, the next second's first."""
        with self._lock:
            second = self._now().strftime("%Y%m%d%H%M%S")
            # A clock that steps back must not number twice: the later second goes on.
            if second > self._second:
                self._second, self._last = second, 0
            elif self._last == _MOST_IN_A_SECOND:
                following = datetime.strptime(self._second, "%Y%m%d%H%M%S").replace(tzinfo=SHANGHAI)
                self._second, self._last = (following + timedelta(seconds=1)).strftime("%Y%m%d%H%M%S"), 0
            self._last += 1
            return self._second, f"{self._last:04d}"


class ChargingExchange:
    """Sends requests to the platform; one instance, its token and its connection serve several threads.

    `drift` counts the departures from the standard that were corrected (lower-case Sig, key case and so on).
    """

    def __init__(
        self, client: httpx.Client, identity: Identity, secrets: Secrets, version: str = "v1"
    ) -> None:
        self.drift: Counter[str] = Counter()
        self._client, self._identity, self._secrets = client, identity, secrets
        self._root = f"/evcs/{version}/"
        self._sequence = Sequence()
        self._token: str | None = None
        self._token_lock = threading.Lock()

    def stations(self, since: datetime | None, retries: Retries) -> list[Exchange]:
        """Return query_stations_info page by page: the stations changed since an instant (all when None)."""
        pages = self._station_pages(since, retries)
        interface = {"interface": "query_stations_info"}
        return [Exchange(interface | _station_query(since, page.number), page.body) for page in pages]

    def station_records(self, retries: Retries) -> list[dict[str, Any]]:
        """Return every station the platform knows, canonical."""
        pages = self._station_pages(None, retries)
        # Departures from the standard were counted when the pages came.
        messages = (
            canonical(json_object(page.body, "query_stations_info"), SHAPES["stations_answer"], None)
            for page in pages
        )
        return [station for message in messages for station in message.get("StationInfos") or ()]

    def station_stats(self, station_id: str, day: date, retries: Retries) -> Exchange:
        """Return query_station_stats of one day."""
        query = {"StationID": station_id, "StartTime": day.isoformat(), "EndTime": day.isoformat()}
        body = self.query("query_station_stats", query, retries)
        json_object(body, "query_station_stats")
        return Exchange({"interface": "query_station_stats", **query}, body)

    def query(self, interface: str, parameters: Mapping[str, Any], retries: Retries) -> str:
        """Return the verified, decrypted response of one interface; a refused token is renewed once."""
        token = self._current_token(None, retries)
        try:
            return retries.call(lambda: self._send(interface, parameters, token, retries.limits))
        except FetchError as failure:
            if failure.code != "token_refused":
                raise
        renewed = self._current_token(token, retries)
        return retries.call(lambda: self._send(interface, parameters, renewed, retries.limits))

    def _station_pages(self, since: datetime | None, retries: Retries) -> list[Page]:
        def request_page(number: int) -> Page:
            body = self.query("query_stations_info", _station_query(since, number), retries)
            message = canonical(
                json_object(body, "query_stations_info"), SHAPES["stations_answer"], self.drift
            )
            total = whole_number(message.get("ItemSize"))
            items = [] if message.get("StationInfos") is None and total == 0 else message.get("StationInfos")
            if not isinstance(items, list) or total is None:
                raise FetchError("answer_unexpected", f"page {number} without StationInfos and ItemSize")
            return Page.of(number, total, items, body)

        return read_all_pages(request_page, "query_stations_info", retries.limits)

    def _current_token(self, refused: str | None, retries: Retries) -> str:
        """Return the cached token, or a new one where there is none or the cached one is `refused`."""
        with self._token_lock:
            if self._token is None or self._token == refused:
                self._token = retries.call(lambda: self._new_token(retries.limits))
            return self._token

    def _new_token(self, limits: Limits) -> str:
        known_as = self._identity
        credentials = {"OperatorID": known_as.operator_id, "OperatorSecret": known_as.operator_secret}
        body = self._send("query_token", credentials, None, limits)
        message = canonical(json_object(body, "query_token"), SHAPES["token_answer"], self.drift)
        token = message.get("AccessToken")
        if message.get("SuccStat") != 0 or not isinstance(token, str) or not token:
            raise FetchError("login_refused", f"query_token: FailReason {message.get('FailReason')}")
        remember(token)
        return token

    def _send(self, interface: str, parameters: Mapping[str, Any], token: str | None, limits: Limits) -> str:
        headers = {"Content-Type": "application/json; charset=utf-8"}
        if token is not None:
            headers["Authorization"] = f"Bearer {token}"
        content = json.dumps(self._sealed(parameters)).encode()
        path = self._root + interface
        request: dict[str, Any] = {"content": content, "headers": headers}
        response = checked(received(self._client, limits, "POST", path, **request))
        return self._opened(json_object(decoded(response), interface), interface)

    def _sealed(self, parameters: Mapping[str, Any]) -> dict[str, str]:
        data = encrypt(json.dumps(parameters, ensure_ascii=False), self._secrets)
        operator, (timestamp, number) = self._identity.operator_id, self._sequence.next()
        signature = sign(operator + data + timestamp + number, self._secrets)
        return {"OperatorID": operator, "Data": data, "TimeStamp": timestamp, "Seq": number, "Sig": signature}

    def _opened(self, envelope: Mapping[str, Any], interface: str) -> str:
        found = canonical(envelope, SHAPES["envelope"], self.drift)
        if "Ret" not in found:
            raise FetchError("answer_unexpected", f"{interface}: a response without Ret")
        ret = str(found["Ret"]).strip()
        message = _text(found.get("Msg"))
        if ret != "0":
            detail = f"{interface}: Ret {ret} {message}".strip()
            raise FetchError(_FAILURES[ret], detail) if ret in _FAILURES else code_error(ret, detail)
        data, signature = _text(found.get("Data")), _text(found.get("Sig"))
        # Before decrypting: padding errors of unauthenticated bytes are an oracle.
        if not is_signed(ret + message + data, signature, self._secrets):
            raise FetchError("signature_wrong", interface)
        if signature != signature.upper():
            self.drift["lower-case Sig"] += 1
        return decrypt(data, self._secrets)


def _station_query(since: datetime | None, number: int) -> dict[str, Any]:
    page = {"PageNo": number, "PageSize": PAGE_SIZE}
    return {"LastQueryTime": f"{since.astimezone(SHANGHAI):%Y-%m-%d %H:%M:%S}", **page} if since else page


def _text(value: object) -> str:
    return "" if value is None else str(value)
