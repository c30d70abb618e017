"""The HTTP connection to an agency: kept alive, every response checked by status and form, lists read page by page.

A list may change while it is read. One round requests page after page until the stated total is reached or a page is
empty (servers return an empty list for a page past the end). A round is accepted when nothing contradicts it: one
total on every page, as many items as that total, and no item on two pages, which is the sign of a list that shifted
meanwhile. A suspicious round is read again; two equal rounds are accepted even if suspicious.
"""

from __future__ import annotations

import json
import logging
import ssl
import zlib
from array import array
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from green_freight import json_text
from green_freight.errors import FetchError, status_error
from green_freight.landing import Exchange
from green_freight.limits import Limits, encoded_bytes
from green_freight.protocols.certificates import authorities
from green_freight.protocols.deadlines import DeadlineTransport, seconds_left
from green_freight.protocols.retry_policy import Retries, RetryPolicy
from green_freight.redaction import redacted

# Of a response that is quoted: how much is searched for secrets, and how much is shown.
_READ_CHARACTERS = 100_000
_QUOTED_CHARACTERS = 200
_QUOTED_JSON_CHARACTERS = 80

# It logs the URL of every request.
logging.getLogger("httpx").setLevel(logging.WARNING)

PAGE_SIZE = 500
# The codes inside a response that say that all is well.
_SUCCESS = (0, 200)
_PACKED = ("gzip", "x-gzip", "deflate")
_OF_TRANSFER = (b"content-encoding", b"content-length", b"transfer-encoding")
_MOST_DIGITS = 20
MOST_ROUNDS = 4
# So many equal pages in a row are one that the server repeats for ever.
_MOST_EQUAL_PAGES = 3


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
    verify, trusted = trusting(ca_bundle)
    transport = DeadlineTransport(verify, proxy, trusted)
    headers = {"Accept-Encoding": "gzip"}
    return httpx.Client(
        base_url=base_url, timeout=timeout, trust_env=False, transport=transport, headers=headers
    )


def trusting(ca_bundle: str | None) -> tuple[ssl.SSLContext | bool, list[str]]:
    """Return what a client verifies certificates with, the usual authorities and those of a file or a PEM text, and
    the description of the latter."""
    if not ca_bundle:
        return True, []
    context = httpx.create_ssl_context(trust_env=False)
    is_text = "-----BEGIN" in ca_bundle
    try:
        pem = ca_bundle.encode() if is_text else Path(ca_bundle).read_bytes()
        added = authorities(pem)
        context.load_verify_locations(cadata=pem.decode())
    except (OSError, ValueError) as error:
        place = "PEM text" if is_text else ca_bundle
        raise FetchError("connection_incomplete", f"extra.ca_bundle, {place}: {error}") from error
    return context, added


def received(client: httpx.Client, limits: Limits, method: str, path: str, **request: Any) -> httpx.Response:
    """Send a request and return its response, read to its end and unpacked within the limits.

    Raises LimitError where it is larger, FetchError `answer_unexpected` or `answer_cut_off` where it is not packed as
    it says, and the library's errors.
    """
    with client.stream(method, path, **request) as response:
        content = _content(response, limits)
    # As bytes: what is no ASCII is no reason to refuse the response.
    unpacked = [(name, value) for name, value in response.headers.raw if name.lower() not in _OF_TRANSFER]
    return httpx.Response(response.status_code, headers=unpacked, content=content, request=response.request)


def _content(response: httpx.Response, limits: Limits) -> bytes:
    stated = response.headers.get("Content-Length", "")
    if stated.isascii() and stated.isdigit() and len(stated) <= _MOST_DIGITS:
        limits.check("response_bytes", int(stated))
    encoding = response.headers.get("Content-Encoding", "identity").strip().lower()
    if encoding not in ("identity", "", *_PACKED):
        # Several on top of each other would unpack a kilobyte to gigabytes.
        raise FetchError("answer_unexpected", f"{response.request.url.path}: Content-Encoding {encoding!r}")
    unpacker = zlib.decompressobj(zlib.MAX_WBITS | 32) if encoding in _PACKED else None
    content, packed_bytes = bytearray(), 0
    try:
        for chunk in response.iter_raw():
            seconds_left()
            packed_bytes += len(chunk)
            limits.check("response_bytes", packed_bytes)
            room = limits.response_bytes + 1 - len(content)
            content += chunk if unpacker is None else unpacker.decompress(chunk, room)
            limits.check("response_bytes", len(content))
    except zlib.error as error:
        raise FetchError("answer_unexpected", f"{response.request.url.path}: {error}") from error
    if unpacker is not None and packed_bytes and not unpacker.eof:
        raise FetchError("answer_cut_off", f"{response.request.url.path}: the {encoding} stream does not end")
    return bytes(content)


def checked(response: httpx.Response) -> httpx.Response:
    """Return the response when its status is 2xx, else raise by the status; a redirect is `answer_unexpected`."""
    if response.is_success:
        return response
    detail = f"{response.request.method} {response.request.url.path}: HTTP {response.status_code}"
    if response.status_code < 400:
        raise FetchError("answer_unexpected", detail)
    text = " ".join(_begin(response.text, _QUOTED_CHARACTERS).split())
    raise status_error(response.status_code, f"{detail} {text}".strip(), response.headers.get("Retry-After"))


def _begin(text: str, characters: int) -> str:
    """Return the begin of a response for a message; secrets go before it is cut: parts are not known."""
    return redacted(text[:_READ_CHARACTERS])[:characters]


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
            "not_json",
            f"{where}: {error.msg} at {line}; it begins {_begin(text, _QUOTED_JSON_CHARACTERS)!r}",
        )
    return FetchError("not_json", f"{where}: {error}")


@dataclass(frozen=True)
class Page:
    """One response: the total that the server stated with it, the body as received, and its items by their hashes.

    The items themselves take many times the memory of the body; who needs them reads the body again.
    """

    number: int
    total: int
    body: str
    item_count: int
    item_hashes: array[int]

    @classmethod
    def of(cls, number: int, total: int, items: Sequence[Any], body: str) -> Page:
        """Return the page of a body with these items."""
        hashes = {hash(json.dumps(item, sort_keys=True, default=str)) for item in items}
        return cls(number, total, body, len(items), array("q", hashes))


def read_all_pages(request_page: Callable[[int], Page], where: str, limits: Limits) -> list[Page]:
    """Return all pages of one consistent reading, in order; `request_page(number)` counts from 1.

    Raises FetchError `paging_unstable` (transient) where the list kept changing or items stay missing; LimitError.
    """
    previous: list[int] | None = None
    for _ in range(MOST_ROUNDS):
        pages = _round(request_page, limits)
        anomaly, bodies = _anomaly(pages), [hash(page.body) for page in pages]
        if anomaly is None or (bodies == previous and _is_a_habit(pages)):
            return pages
        previous = bodies
        # One reading at a time is kept in memory.
        del pages
    raise FetchError("paging_unstable", f"{where}: {anomaly}, after {MOST_ROUNDS} readings")


def _round(request_page: Callable[[int], Page], limits: Limits) -> list[Page]:
    pages: list[Page] = []
    received = received_bytes = equal = 0
    while True:
        limits.check("pages", len(pages) + 1)
        page = request_page(len(pages) + 1)
        received += page.item_count
        received_bytes += encoded_bytes(page.body)
        limits.check("rows", max(received, page.total))
        limits.check("bytes", received_bytes)
        equal = equal + 1 if pages and page.body == pages[-1].body else 1
        pages.append(page)
        if not page.item_count or received >= page.total or equal >= _MOST_EQUAL_PAGES:
            return pages


def _anomaly(pages: list[Page]) -> str | None:
    totals = {page.total for page in pages}
    if len(totals) > 1:
        return f"the total changed between {min(totals)} and {max(totals)}"
    received = sum(page.item_count for page in pages)
    if received != pages[0].total:
        return f"{received} items were received, {pages[0].total} were announced"
    on_pages = sum(len(page.item_hashes) for page in pages)
    has_repeats = on_pages > len(set().union(*(page.item_hashes for page in pages)))
    return "an item is on two pages" if has_repeats else None


def _is_a_habit(pages: list[Page]) -> bool:
    """Tell whether a list that was read twice with the same bodies may be what the agency has."""
    totals = [page.total for page in pages]
    return min(totals) <= sum(page.item_count for page in pages) <= max(totals)


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
        pages = self._pages(path, query, retries)
        return [item for page in pages for item in json_object(page.body, path).get("items") or ()]

    def _pages(self, path: str, query: Mapping[str, str], retries: Retries) -> list[Page]:
        def request_page(number: int) -> Page:
            return retries.call(lambda: self._page(path, query, number, retries.limits))

        return read_all_pages(request_page, path, retries.limits)

    def _paging(self, number: int) -> dict[str, str]:
        return {"page": str(number), "page_size": str(self._page_size)}

    def _page(self, path: str, query: Mapping[str, str], number: int, limits: Limits) -> Page:
        asked = {**query, **self._paging(number)}
        request: dict[str, Any] = {"params": asked, "headers": self._headers}
        response = checked(received(self._client, limits, "GET", path, **request))
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
        return Page.of(number, total, items, body)
