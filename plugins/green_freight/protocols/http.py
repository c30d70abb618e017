"""The HTTP connection to an agency: kept alive, with timeouts, and every response checked by status and form."""

from __future__ import annotations

import json
from typing import Any

import httpx

from green_freight.errors import FetchError, status_error
from green_freight.protocols.retry_policy import RetryPolicy

_QUOTED_CHARACTERS = 200
_QUOTED_JSON_CHARACTERS = 80


def open_http(base_url: str, policy: RetryPolicy, proxy: str | None = None) -> httpx.Client:
    """Return a client for one agency; close it after use.

    The machine's proxy settings are not taken over: agencies sit in the government network, and a proxy that
    is needed is named in the connection (`proxy`).
    """
    timeout = httpx.Timeout(policy.answer_seconds, connect=policy.connect_seconds)
    return httpx.Client(base_url=base_url, timeout=timeout, trust_env=False, proxy=proxy)


def checked(response: httpx.Response) -> httpx.Response:
    """Return the response when its status is 2xx.

    Raises:
        FetchError: by the status (errors.status_error); a redirect is `answer_unexpected`.
    """
    if response.is_success:
        return response
    detail = f"{response.request.method} {response.request.url.path}: HTTP {response.status_code}"
    if response.status_code < 400:
        raise FetchError("answer_unexpected", detail)
    text = " ".join(response.text[:_QUOTED_CHARACTERS].split())
    raise status_error(response.status_code, f"{detail} {text}".strip(), response.headers.get("Retry-After"))


def decoded(response: httpx.Response) -> str:
    """Return the response's text as UTF-8.

    Raises:
        FetchError: `not_json`, the bytes are no UTF-8.
    """
    try:
        return response.content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise FetchError("not_json", f"{response.request.url.path}: no UTF-8 text, {error}") from error


def json_object(text: str, where: str) -> dict[str, Any]:
    """Return the JSON object in a response; `where` names the request in the message.

    Raises:
        FetchError: `answer_cut_off` (transient) where the text ends too early, `not_json` or `answer_unexpected`
            (permanent) where it is something else.
    """
    try:
        found = json.loads(text)
    except ValueError as error:
        raise _failure(text, error, where) from error
    if not isinstance(found, dict):
        raise FetchError("answer_unexpected", f"{where}: a JSON {type(found).__name__}, an object was agreed")
    return found


def _failure(text: str, error: ValueError, where: str) -> FetchError:
    if isinstance(error, json.JSONDecodeError):
        begins_well = text.lstrip().startswith(("{", "["))
        ends_early = error.pos >= len(text.rstrip()) or error.msg.startswith("Unterminated string")
        if begins_well and ends_early:
            return FetchError("answer_cut_off", f"{where}: {len(text)} characters, the JSON does not end")
        line = f"line {error.lineno} column {error.colno}"
        return FetchError(
            "not_json", f"{where}: {error.msg} at {line}; it begins {text[:_QUOTED_JSON_CHARACTERS]!r}"
        )
    return FetchError("not_json", f"{where}: {error}")
