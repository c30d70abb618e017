"""The HTTP connection to an agency: kept alive, every response checked by status and form, lists read page by page.

A list may change while it is read. One round requests page after page until the stated total is reached or a page is
empty (servers return an empty list for a page past the end). A round is accepted when nothing contradicts it: one
total on every page, as many items as that total, and no item on two pages, which is the sign of a list that shifted
meanwhile. A suspicious round is read again; two equal rounds are accepted even if suspicious.
"""

from __future__ import annotations

import json
import ssl
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import httpx

from green_freight import json_text
from green_freight.errors import FetchError, status_error
from green_freight.landing import Exchange
from green_freight.protocols.retry_policy import Retries, RetryPolicy

_QUOTED_CHARACTERS = 200
_QUOTED_JSON_CHARACTERS = 80

PAGE_SIZE = 500
# The codes inside a response that say that all is well.
_SUCCESS = (0, 200)
_MOST_DIGITS = 20
MOST_ROUNDS = 4
MOST_PAGES = 100_000


def open_http(
    base_url: str, policy: RetryPolicy, proxy: str | None = None, ca_bundle: str | None = None
) -> httpx.Client:
    """Return a client for one agency; close it after use.

    `ca_bundle` is a file of certificates, or their PEM text, that are trusted besides the usual authorities: those of a
    government network's own. Raises FetchError `connection_incomplete` where it cannot be read.

    The machine's proxy settings are not taken over: agencies sit in the government network, and a proxy that
    is needed is named in the connection (`proxy`).
    """
    timeout = httpx.Timeout(policy.answer_seconds, connect=policy.connect_seconds)
    context = trusting(ca_bundle)
    return httpx.Client(base_url=base_url, timeout=timeout, trust_env=False, proxy=proxy, verify=context)


def trusting(ca_bundle: str | None) -> ssl.SSLContext | bool:
    """Return what a client verifies certificates with: the usual authorities, and those of a file or a PEM text."""
    if not ca_bundle:
        return True
    context = httpx.create_ssl_context(trust_env=False)
    try:
        if "-----BEGIN" in ca_bundle:
            context.load_verify_locations(cadata=ca_bundle)
        else:
            context.load_verify_locations(cafile=ca_bundle)
    except (OSError, ValueError) as error:
        place = "PEM text" if "-----BEGIN" in ca_bundle else ca_bundle
        raise FetchError("connection_incomplete", f"extra.ca_bundle, {place}: {error}") from error
    return context


def checked(response: httpx.Response) -> httpx.Response:
    """Return the response when its status is 2xx, else raise by the status; a redirect is `answer_unexpected`."""
    if response.is_success:
        return response
    detail = f"{response.request.method} {response.request.url.path}: HTTP {response.status_code}"
    if response.status_code < 400:
        raise FetchError("answer_unexpected", detail)
    text = " ".join(response.text[:_QUOTED_CHARACTERS].split())
    raise status_error(response.status_code, f"{detail} {text}".strip(), response.headers.get("Retry-After"))


def whole_number(value: Any) -> int | None:
    """Return a whole number, also one written as text, else None."""
    if (
        isinstance(value, str)
        and value.strip().isascii()
        and value.strip().isdigit()
        and len(value) <= _MOST_DIGITS
    ):
        return int(value)
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def code_error(code: Any, detail: str, retry_after: str | None = None) -> FetchError:
    """Return the failure that a code inside a response of status 200 stands for: that of the HTTP status it is.

    Platforms report `{"code": 503, "message": "系统繁忙"}` in a response that is well for HTTP.
    """
    status = whole_number(code)
    is_status = status is not None and 400 <= status < 600
    return (
        status_error(status or 0, detail, retry_after) if is_status else FetchError("request_refused", detail)
    )


def decoded(response: httpx.Response) -> str:
    """Return the response's text; FetchError `not_json` where it is no UTF-8."""
    try:
        return response.content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise FetchError("not_json", f"{response.request.url.path}: no UTF-8 text, {error}") from error


def json_object(text: str, where: str) -> dict[str, Any]:
    """Return the JSON object in a response; `where` names the request in the message.

    Raises FetchError `answer_cut_off` (transient) where the text ends too early, `not_json` or `answer_unexpected`
    (permanent) where it is something else.
    """
    try:
        found = json_text.read(text)
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


@dataclass(frozen=True)
class Page:
    """One response: its items, the total that the server stated with it, and the body as received."""

    number: int
    total: int
    items: Sequence[Any]
    body: str


def read_all_pages(request_page: Callable[[int], Page], where: str) -> list[Page]:
    """Return all pages of one consistent reading, in order; `request_page(number)` counts from 1.

    Raises FetchError `paging_unstable` (transient) where the list kept changing or items stay missing.
    """
    previous: list[Page] | None = None
    for _ in range(MOST_ROUNDS):
        pages = _round(request_page)
        anomaly = _anomaly(pages)
        if anomaly is None or _is_repeated(pages, previous):
            return pages
        previous = pages
    raise FetchError("paging_unstable", f"{where}: {anomaly}, after {MOST_ROUNDS} readings")


def _round(request_page: Callable[[int], Page]) -> list[Page]:
    pages: list[Page] = []
    received = 0
    for number in range(1, MOST_PAGES + 1):
        page = request_page(number)
        pages.append(page)
        received += len(page.items)
        if not page.items or received >= page.total:
            break
    return pages


def _anomaly(pages: list[Page]) -> str | None:
    totals = {page.total for page in pages}
    if len(totals) > 1:
        return f"the total changed between {min(totals)} and {max(totals)}"
    received = sum(len(page.items) for page in pages)
    if received != pages[0].total:
        return f"{received} items were received, {pages[0].total} were announced"
    on_pages = [{json.dumps(item, sort_keys=True, default=str) for item in page.items} for page in pages]
    has_repeats = sum(map(len, on_pages)) > len(set().union(*on_pages))
    return "an item is on two pages" if has_repeats else None


def _is_repeated(pages: list[Page], previous: list[Page] | None) -> bool:
    if previous is None or [page.body for page in pages] != [page.body for page in previous]:
        return False
    totals = [page.total for page in pages]
    received = sum(len(page.items) for page in pages)
    return min(totals) <= received <= max(totals)


class PagedApi:
    """The transport bureau's paged JSON service: reads whole lists; one instance may serve several threads."""

    def __init__(self, client: httpx.Client, token: str, page_size: int = PAGE_SIZE) -> None:
        """Use an open client; `token` goes into the Authorization header and nowhere else."""
        self._client = client
        self._headers = {"Authorization": f"Bearer {token}"}
        self._page_size = page_size

    def exchanges(self, path: str, query: Mapping[str, str], retries: Retries) -> list[Exchange]:
        """Return the exchanges that make up one list, a page each, whole and consistent."""
        pages = self._pages(path, query, retries)
        request = {"method": "GET", "path": path}
        return [Exchange(request | {"query": {**query, **self._paging(p.number)}}, p.body) for p in pages]

    def items(self, path: str, query: Mapping[str, str], retries: Retries) -> list[Any]:
        """Return the items of one list."""
        return [item for page in self._pages(path, query, retries) for item in page.items]

    def _pages(self, path: str, query: Mapping[str, str], retries: Retries) -> list[Page]:
        return read_all_pages(lambda number: retries.call(lambda: self._page(path, query, number)), path)

    def _paging(self, number: int) -> dict[str, str]:
        return {"page": str(number), "page_size": str(self._page_size)}

    def _page(self, path: str, query: Mapping[str, str], number: int) -> Page:
        asked = {**query, **self._paging(number)}
        response = checked(self._client.get(path, params=asked, headers=self._headers))
        body = decoded(response)
        message = json_object(body, path)
        if "code" not in message:
            raise FetchError("answer_unexpected", f"{path}: a response without `code`")
        code, detail = message["code"], f"{path}: code {message['code']!r}, {message.get('message')!r}"
        if whole_number(code) not in _SUCCESS:
            raise code_error(code, detail, response.headers.get("Retry-After"))
        total = whole_number(message.get("total"))
        # Some platforms write an empty list as null.
        items = [] if message.get("items") is None and total == 0 else message.get("items")
        if not isinstance(items, list) or total is None:
            lacks = f"page {number} without a list `items` and a number `total`"
            raise FetchError("answer_unexpected", f"{path}: {lacks}")
        return Page(number, total, items, body)
