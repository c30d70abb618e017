"""Responses without end, without limit or without sense: each ends soon, with a failure that names what is wrong."""

from __future__ import annotations

import gzip
import json
import threading
import zlib
from collections.abc import Iterable, Iterator
from itertools import chain, count, repeat
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from green_freight.errors import FetchError, fetch_error, status_error
from green_freight.limits import LimitError, Limits
from green_freight.protocols.http import PagedApi, open_http
from green_freight.protocols.retry_policy import Retries, RetryPolicy

from tests.integration.fetch.raw_server import Reply, response, serving

KIB, MIB = 1 << 10, 1 << 20
SMALL = {"responseBytes": 64 * KIB, "bytes": 256 * KIB, "rows": 1_000, "pages": 20}
PACKED = "Content-Encoding: gzip"
NUMBERS = count(100)
HEAD = response(b"")[0]


def page(items: list[Any], total: Any, **more: Any) -> bytes:
    """Return the body of a page."""
    return json.dumps({"code": 0, "message": "ok", "total": total, "items": items, **more}).encode()


def _exchanges(reply: Reply, **limits: int) -> tuple[list[Any], int]:
    """Return the exchanges of a list that a server gives, and how many attempts they took."""
    policy = RetryPolicy(attempts=2, first_wait_seconds=0, longest_wait_seconds=0)
    retries = Retries(policy, Limits.of("transport_pages", SMALL | limits))
    with serving(reply) as port, open_http(f"http://127.0.0.1:{port}", policy) as client:
        return PagedApi(client, "token").exchanges("/api/v1/nodes", {}, retries), retries.attempts


def _failure(reply: Reply, **limits: int) -> FetchError:
    with pytest.raises((FetchError, LimitError)) as caught:
        _exchanges(reply, **limits)
    # As the fetch records it.
    return fetch_error(caught.value)


def _number(path: str) -> int:
    return int(parse_qs(urlsplit(path).query)["page"][0])


def _always(blocks: Iterable[bytes]) -> Reply:
    return lambda _: blocks


def _bomb(count: int) -> bytes:
    packer = zlib.compressobj(wbits=31)
    return b"".join(packer.compress(b" " * MIB) for _ in range(count)) + packer.flush()


NAMES = {
    "endless": (_always(chain([HEAD], repeat(b" " * KIB))), "bytes of one response: "),
    "endless in chunks": (
        lambda _: chain(response(b"", "Transfer-Encoding: chunked"), repeat(b"400\r\n" + b" " * KIB + b"\r\n")),
        "bytes of one response: ",
    ),
    "stated to be large": (_always(response(b"{}", f"Content-Length: {10**15}")), "1,000,000,000,000,000 or more"),
    "gzip bomb": (_always(response(_bomb(64), PACKED)), "bytes of one response: 65,537 or more"),
    "deflate bomb": (
        _always(response(zlib.compress(b" " * MIB), "Content-Encoding: deflate")), "bytes of one response: 65,537",
    ),
    "a total beyond all": (_always(response(page([1], 10**30))), "rows: 1,000,000,000,000,000,000,000,000,000,000"),
    "a total as text": (_always(response(page([1], "9" * 20))), "rows: 99,999,999,999,999,999,999"),
    "ever more pages": (lambda path: response(page([_number(path)], 900)), "pages: 21 or more, the limit is 20"),
    "more items than announced": (_always(response(page(list(range(1_001)), 5))), "rows: 1,001 or more"),
    "large pages": (
        lambda path: response(page([f"{_number(path)}" * 30_000], 900)), "bytes of the file or of all responses: ",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("reply", "words"), NAMES.values(), ids=NAMES)
def test_a_response_beyond_a_limit_ends_at_it(reply: Reply, words: str) -> None:
    failure = _failure(reply)
    assert (failure.code, failure.is_transient) == ("limit_exceeded", False)
    assert words in failure.detail
    assert "契约中为 limits." in failure.detail_zh


def _dripping(head: bytes, block: bytes) -> Reply:
    def reply(_: str) -> Iterator[bytes]:
        yield head
        while True:
            threading.Event().wait(0.05)
            yield block

    return reply


@pytest.mark.parametrize(
    "reply",
    [
        _dripping(HEAD, b" "), _dripping(b"HTTP/1.1 200 OK\r\nX-Long: ", b"x"), _dripping(b"HTTP/1.1 2", b""),
        _dripping(b"", b"HTTP/1.1 102 Processing\r\n\r\n"),
    ],
    ids=["body", "header", "status line", "interim responses"],
)  # fmt: skip
def test_a_response_that_drips_ends_in_time(reply: Reply) -> None:
    failure = _failure(reply, requestSeconds=1)
    assert (failure.code, failure.is_transient) == ("too_slow", False)
    assert "seconds of one request: 1 or more, the limit is 1" in failure.detail


def test_all_requests_of_a_delivery_end_in_time() -> None:
    def reply(path: str) -> Iterator[bytes]:
        threading.Event().wait(0.2)
        yield from response(page([_number(path)], 900))

    failure = _failure(reply, seconds=1)
    assert (failure.code, failure.detail[:32]) == ("too_slow", "seconds for the whole delivery: ")


@pytest.mark.parametrize(
    ("reply", "code", "words"),
    [
        (_always(response(gzip.compress(gzip.compress(b"{}")), "Content-Encoding: gzip, gzip")),
         "answer_unexpected", "'gzip, gzip'"),
        (_always(response(b"{}", "Content-Encoding: br")), "answer_unexpected", "'br'"),
        (_always(response(b"no gzip", PACKED)), "answer_unexpected", "incorrect header check"),
        (_always(response(gzip.compress(page([1], 1))[:-9], PACKED)), "answer_cut_off", "does not end"),
        (_always(response(b"[" * 60_000)), "not_json", "nested more than 200 levels deep"),
        (_always(response(b"{}", *(f"X-Filler-{number}: {'x' * 1_000}" for number in range(200)))),
         "answer_cut_off", "RemoteProtocolError"),
        (_always(response(b"\0\xed\xa0\x80 busy", status="503 Busy")), "busy", "busy"),
        (_always(response(b"", "Retry-After: \xb2", status="503 Busy")), "busy", "503"),
        (_always(response(page([], 0, code=500, message="\ud800\0"))), "server_error", "500"),
        (_always(response(page([1], "9" * 21))), "answer_unexpected", "total"),
        (_always(response(page([1], 900))), "paging_unstable", "3 items were received, 900 were announced"),
        (lambda path: response(page([1, 2][_number(path) - 1 :], next(NUMBERS))), "paging_unstable", "total changed"),
    ],
    ids=[
        "packed twice", "other packing", "not packed", "packing cut off", "brackets", "headers", "bytes",
        "wait that is no number", "surrogate in a message", "total of 21 digits", "page that repeats", "changing total",
    ],
)  # fmt: skip
def test_a_response_without_sense_is_named(reply: Reply, code: str, words: str) -> None:
    failure = _failure(reply)
    assert failure.code == code
    assert words in failure.detail


@pytest.mark.parametrize(
    "blocks",
    [
        response(page([1], 1)),
        response(gzip.compress(page([1], 1)), PACKED),
        response(gzip.compress(page([1], 1)) + b"\0" * 100, "Content-Encoding: x-gzip"),
        response(zlib.compress(page([1], 1)), "Content-Encoding: deflate"),
        response(page([1], 1), "Content-Encoding: identity"),
    ],
    ids=["without length", "gzip", "gzip with padding", "deflate", "identity"],
)
def test_a_good_response_is_taken_as_received(blocks: list[bytes]) -> None:
    [exchange], attempts = _exchanges(_always(blocks))
    assert (json.loads(exchange.body)["items"], attempts) == ([1], 1)


def test_a_list_at_its_limits_is_read() -> None:
    exchanges, _ = _exchanges(lambda path: response(page([_number(path)], 20)))
    assert len(exchanges) == 20


@pytest.mark.parametrize(
    ("text", "seconds"), [("7", 7.0), ("²", None), ("9" * 400, None), ("-1", None), ("", None)]
)
def test_only_a_number_of_seconds_is_waited(text: str, seconds: float | None) -> None:
    assert status_error(503, "busy", text).retry_after_seconds == seconds
