"""The HTTP connection to an agency: kept alive, with time-outs, and every answer judged by its status."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import httpx

from green_freight.errors import FetchError, status_error
from green_freight.protocols.retry_policy import RetryPolicy

_SHOWN_CHARACTERS = 200


def open_http(base_url: str, policy: RetryPolicy, proxy: str | None = None) -> httpx.Client:
    """Return a client for one agency; close it after use.

    The machine's proxy settings are not taken over: agencies sit in the government network, and a proxy that
    is needed is named in the connection (`proxy`).
    """
    time_out = httpx.Timeout(policy.answer_seconds, connect=policy.connect_seconds)
    return httpx.Client(base_url=base_url, timeout=time_out, trust_env=False, proxy=proxy)


def answered(answer: httpx.Response) -> httpx.Response:
    """Return the answer when its status is 2xx.

    Raises:
        FetchError: by the status (errors.status_error); a redirect is `answer_unexpected`.
    """
    if answer.is_success:
        return answer
    detail = f"{answer.request.method} {answer.request.url.path}: HTTP {answer.status_code}"
    if answer.status_code < 400:
        raise FetchError("answer_unexpected", detail)
    text = " ".join(answer.text[:_SHOWN_CHARACTERS].split())
    raise status_error(answer.status_code, f"{detail} {text}".strip(), answer.headers.get("Retry-After"))


def get(client: httpx.Client, path: str, parameters: Mapping[str, Any], headers: Mapping[str, str]) -> str:
    """Return the text of one GET; UTF-8 whatever the header says."""
    answer = answered(client.get(path, params=dict(parameters), headers=dict(headers)))
    return decoded(answer)


def decoded(answer: httpx.Response) -> str:
    """Return the answer's text as UTF-8.

    Raises:
        FetchError: `not_json`, the bytes are no UTF-8.
    """
    try:
        return answer.content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise FetchError("not_json", f"{answer.request.url.path}: no UTF-8 text, {error}") from error
