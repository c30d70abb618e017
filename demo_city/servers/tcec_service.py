"""The power company's T/CEC 102 service for any ChargingOperator, written from the standard, shared with no client.

A request is checked in the order of the standard's codes: fields (4003), signature (4001), token (4002), parameters
(4004). Responses deviate from the standard like real exchange services' where that is planted.
"""

from __future__ import annotations

import base64
import binascii
import hmac
import secrets
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import orjson
from cryptography.hazmat.primitives import padding
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from demo_city.defects.order_changes import lower_camel, renamed, respelt, textual
from demo_city.deliveries.encodings import dumps
from demo_city.deliveries.source import Source
from demo_city.servers.credentials import PLATFORM_ID, Now
from demo_city.servers.faults import Fault
from demo_city.servers.tcec_responses import BadParameterError, TcecResponses

_BLOCK_BITS = 128
OK, BUSY, BAD_SIGNATURE, BAD_TOKEN, FIELD_MISSING, BAD_PARAMETER = 0, -1, 4001, 4002, 4003, 4004
ENVELOPE = ("OperatorID", "Data", "TimeStamp", "Seq", "Sig")
_RESPELLINGS: dict[str, Callable[[Any], Any]] = {
    "exchange_operation_id": partial(renamed, written="OperatorID", instead="OperationID"),
    "exchange_text_numbers": textual,
    "exchange_lower_camel": partial(respelt, spell=lower_camel),
}


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
        padder = padding.PKCS7(_BLOCK_BITS).padder()
        encryptor = self._cipher().encryptor()
        padded = padder.update(plaintext) + padder.finalize()
        return base64.b64encode(encryptor.update(padded) + encryptor.finalize()).decode("ascii")

    def decrypt(self, data: str) -> bytes:
        """Return the plaintext of a Data field; UnreadableDataError for other keys or damaged data."""
        try:
            decryptor = self._cipher().decryptor()
            padded = decryptor.update(base64.b64decode(data, validate=True)) + decryptor.finalize()
            unpadder = padding.PKCS7(_BLOCK_BITS).unpadder()
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


class TcecService:
    """The service of a source's operator for one platform, the defects of the source and the fault of its connection.

    `secrets_shared` are the operator's and the platform's: operator_secret, data_secret, data_secret_iv, sig_secret.
    """

    def __init__(
        self, source: Source, now: Now, fault: Fault, secrets_shared: Mapping[str, str], token_seconds: int
    ) -> None:
        self._sampler, self._fault = source.sampler, fault
        self._ids = (PLATFORM_ID, source.city.power.operator_id)
        names = ("data_secret", "data_secret_iv", "sig_secret")
        self._keys = TcecKeys(*(secrets_shared[name] for name in names))
        self._operator_secret, self._token_seconds = secrets_shared["operator_secret"], token_seconds
        # when each access token expires, on the monotonic clock
        self._tokens: dict[str, float] = {}
        responses = TcecResponses(source, now)
        self._interfaces: dict[str, Callable[[dict[str, Any]], dict[str, Any]]] = {
            "query_token": self._query_token,
            "query_stations_info": responses.stations_info,
            "query_station_status": responses.station_status,
            "query_station_stats": responses.station_stats,
            "check_charge_orders": responses.check_charge_orders,
        }

    def app(self) -> Starlette:
        """Return the ASGI application, below /evcs/v<version>/."""
        return Starlette(routes=[Route("/evcs/{version}/{interface}", self._endpoint, methods=["POST"])])

    async def _endpoint(self, request: Request) -> Response:
        interface = request.path_params["interface"]
        if interface not in self._interfaces:
            return Response(status_code=404)
        body = await request.body()
        response = self._response(interface, body, request.headers.get("authorization", ""))
        return Response(response, media_type="application/json; charset=utf-8")

    def _response(self, interface: str, body: bytes, authorization: str) -> bytes:
        if self._fault.takes_transient_failure():
            return self._envelope(BUSY, "系统繁忙，请稍后再试")
        try:
            envelope = orjson.loads(body)
        except orjson.JSONDecodeError:
            return self._envelope(FIELD_MISSING, "请求不是 JSON")
        missing = [name for name in ENVELOPE if not isinstance(envelope, dict) or not envelope.get(name)]
        if missing:
            return self._envelope(FIELD_MISSING, f"缺少参数 {','.join(missing)}")
        texts = {name: str(envelope[name]) for name in ENVELOPE}
        if not self._is_signed(texts):
            return self._envelope(BAD_SIGNATURE, "签名错误")
        if interface != "query_token" and not self._is_logged_in(authorization):
            return self._envelope(BAD_TOKEN, "Token 错误或已过期")
        return self._business(interface, texts["Data"])

    def _is_signed(self, envelope: dict[str, str]) -> bool:
        expected = self._keys.sign_request(*(envelope[name] for name in ENVELOPE if name != "Sig"))
        known = envelope["OperatorID"] in self._ids
        return known and hmac.compare_digest(expected.encode(), envelope["Sig"].encode())

    def _is_logged_in(self, authorization: str) -> bool:
        scheme, _, token = authorization.partition(" ")
        is_alive = self._tokens.get(token, 0.0) > time.monotonic()
        return scheme == "Bearer" and is_alive and self._fault.kind != "wrong_token"

    def _business(self, interface: str, data: str) -> bytes:
        try:
            parameters = orjson.loads(self._keys.decrypt(data))
            if not isinstance(parameters, dict):
                raise BadParameterError("Data 不是对象")
            plain = dumps(self._interfaces[interface](parameters))
        except (BadParameterError, UnreadableDataError, orjson.JSONDecodeError) as problem:
            return self._envelope(BAD_PARAMETER, f"参数错误：{problem}")
        place = (interface, _subject(parameters))
        is_lower_case = self._sampler.happens("exchange_lower_signature", *place)
        if interface != "query_token":
            plain = self._distorted(plain, place)
        return self._envelope(OK, "", plain, is_lower_case=is_lower_case)

    def _distorted(self, plain: bytes, place: tuple[str, str]) -> bytes:
        """Return a response's plaintext with its deviations from the standard."""
        changes = [change for name, change in _RESPELLINGS.items() if self._sampler.happens(name, *place)]
        if changes:
            message = orjson.loads(plain)
            for change in changes:
                message = change(message)
            plain = dumps(message)
        return plain[:-1] + b",}" if self._sampler.happens("exchange_trailing_comma", *place) else plain

    def _query_token(self, parameters: dict[str, Any]) -> dict[str, Any]:
        operator_id, reason, token = parameters.get("OperatorID", ""), 0, ""
        if operator_id not in self._ids:
            reason = 1
        elif parameters.get("OperatorSecret") != self._operator_secret:
            reason = 2
        else:
            token = secrets.token_urlsafe(48)
            self._tokens[token] = time.monotonic() + self._token_seconds
        return {
            "OperatorID": operator_id,
            "AccessToken": token,
            "TokenAvailableTime": self._token_seconds if token else 0,
            "SuccStat": int(not token),
            "FailReason": reason,
        }

    def _envelope(self, ret: int, message: str, plain: bytes = b"", *, is_lower_case: bool = False) -> bytes:
        data = self._keys.encrypt(plain) if plain else ""
        signature = self._keys.sign_response(ret, message, data)
        sent = signature.lower() if is_lower_case else signature
        return orjson.dumps({"Ret": ret, "Msg": message, "Data": data, "Sig": sent})


def _subject(parameters: dict[str, Any]) -> str:
    """Return what distinguishes this request from others of its interface: it decides which defect a response has."""
    names = ("LastQueryTime", "PageNo", "StationID", "StartTime", "EndTime", "StationIDs", "CheckOrderSeq")
    return "|".join(f"{name}={parameters[name]}" for name in names if name in parameters)
