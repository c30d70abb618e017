"""The paged API's answers: read, refused or broken, each with the right failure."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from green_freight.errors import FetchError
from green_freight.protocols.http import PagedApi
from green_freight.protocols.retry_policy import Retries, RetryPolicy

from tests.integration.loading.deliveries import answers
from tests.unit.loading.reading import read
from tests.unit.protocols.responses import transport

Answer = Callable[[httpx.Request], httpx.Response]


def _api(answer: Answer) -> PagedApi:
    client = httpx.Client(transport=transport(answer), base_url="http://bureau")
    return PagedApi(client, "the token", page_size=2)


def _retries() -> Retries:
    return Retries(RetryPolicy(attempts=2, first_wait_seconds=0, longest_wait_seconds=0))


def _page(items: list[Any], total: int) -> httpx.Response:
    return httpx.Response(200, json={"code": 0, "message": "ok", "total": total, "items": items})


def test_pages_land_as_received_with_what_was_asked() -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        assert request.headers["Authorization"] == "Bearer the token"
        assert request.url.params["changed_since"] == "2025-09-01T00:00:00+08:00"
        number = int(request.url.params["page"])
        return _page([{"name": "连云港"}, number][: 3 - number], 3)

    query = {"changed_since": "2025-09-01T00:00:00+08:00"}
    first, second = _api(answer).exchanges("/api/v1/nodes", query, _retries())
    assert first.request == {
        "method": "GET",
        "path": "/api/v1/nodes",
        "query": {**query, "page": "1", "page_size": "2"},
    }
    assert json.loads(second.body)["items"] == [{"name": "连云港"}]
    assert "the token" not in f"{first}{second}"


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        (httpx.Response(401), "login_refused"),
        (httpx.Response(403), "login_refused"),
        (httpx.Response(400, text="bad date"), "request_refused"),
        (httpx.Response(404), "request_refused"),
        (httpx.Response(302, headers={"Location": "/login"}), "answer_unexpected"),
        (httpx.Response(200, json={"code": 7, "message": "no such register"}), "request_refused"),
        (httpx.Response(200, json={"status": "up"}), "answer_unexpected"),
        (httpx.Response(200, json=["a list"]), "answer_unexpected"),
        (httpx.Response(200, json={"code": 0, "items": [], "total": "many"}), "answer_unexpected"),
        (httpx.Response(200, text="<html>维护中</html>"), "not_json"),
        (httpx.Response(200, content="维护中".encode("gb18030")), "not_json"),
        (httpx.Response(200, text='{"code":0,"items":[1,],"total":1}'), "not_json"),
    ],
)
def test_what_is_wrong_for_good_is_asked_once(answer: httpx.Response, code: str) -> None:
    retries, asked = _retries(), []
    with pytest.raises(FetchError) as caught:
        _api(lambda request: asked.append(request) or answer).items("/api/v1/nodes", {}, retries)  # type: ignore[func-returns-value]
    assert caught.value.code == code
    assert not caught.value.is_transient
    assert (len(asked), retries.attempts) == (1, 1)


@pytest.mark.parametrize(
    ("status", "text", "code"),
    [
        (429, "", "busy"),
        (503, "", "busy"),
        (500, "", "server_error"),
        (504, "", "time_out"),
        (200, '{"code":0,"total":1,"items":[{"na', "answer_cut_off"),
        (200, "", "not_json"),
    ],
)
def test_what_can_pass(status: int, text: str, code: str) -> None:
    retries = _retries()
    with pytest.raises(FetchError) as caught:
        _api(lambda _: httpx.Response(status, text=text)).items("/api/v1/nodes", {}, retries)
    assert caught.value.code == code
    assert caught.value.is_transient == (retries.attempts == 2)


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (httpx.ConnectError("refused"), "unreachable"),
        (httpx.ConnectTimeout("late"), "time_out"),
        (httpx.ReadTimeout("late"), "time_out"),
        (httpx.RemoteProtocolError("closed"), "answer_cut_off"),
        (httpx.ReadError("reset"), "unreachable"),
    ],
)
def test_a_broken_way_can_pass(error: Exception, code: str) -> None:
    def answer(_: httpx.Request) -> httpx.Response:
        raise error

    retries = _retries()
    with pytest.raises(FetchError, match=code):
        _api(answer).items("/api/v1/nodes", {}, retries)
    assert retries.attempts == 2


def test_a_failure_that_passes_leaves_no_trace_but_the_count() -> None:
    answers = [httpx.Response(503), _page([1], 1)]
    retries = _retries()
    assert _api(lambda _: answers.pop(0)).items("/api/v1/nodes", {}, retries) == [1]
    assert retries.attempts == 2


def _answers(*first: Any) -> tuple[PagedApi, list[int]]:
    """Return a service that gives these bodies in turn, then a good page; and a list with an entry a request."""
    waiting, requested = list(first), []

    def answer(_: httpx.Request) -> httpx.Response:
        requested.append(1)
        return httpx.Response(200, json=waiting.pop(0)) if waiting else _page([], 0)

    return _api(answer), requested


@pytest.mark.parametrize("code", [503, "503", 429, 500, "502", 504, 408])
def test_busy_or_broken_inside_a_200_may_pass(code: Any) -> None:
    api, requested = _answers({"code": code, "message": "系统繁忙，请稍后再试"})
    assert len(api.exchanges("/api/v1/nodes", {}, _retries())) == 1
    assert len(requested) == 2


@pytest.mark.parametrize(
    ("code", "failure"),
    [
        (401, "login_refused"), ("403", "login_refused"), (404, "request_refused"), (400, "request_refused"),
        (7, "request_refused"), ("E01", "request_refused"), (None, "request_refused"), (True, "request_refused"),
        (50301, "request_refused"), (-1, "request_refused"), (0.5, "request_refused"),
    ],
)  # fmt: skip
def test_a_refusal_inside_a_200_stays(code: Any, failure: str) -> None:
    api, requested = _answers({"code": code, "message": "token 已过期"})
    with pytest.raises(FetchError, match="token 已过期") as caught:
        api.exchanges("/api/v1/nodes", {}, _retries())
    assert (caught.value.code, len(requested)) == (failure, 1)


@pytest.mark.parametrize(
    "page",
    [
        {"code": "0", "total": 0, "items": []}, {"code": 200, "total": 0, "items": []},
        {"code": 0, "total": "0", "items": None},
        {"code": 0, "total": 0, "items": None}, {"code": "200", "total": 0},
    ],
)  # fmt: skip
def test_success_and_an_empty_list_as_other_platforms_write_them(page: dict[str, Any]) -> None:
    api, _ = _answers(page)
    exchanges = api.exchanges("/api/v1/stopping-places", {}, _retries())
    content = answers([(dict(one.request), one.body) for one in exchanges])
    found = read("transport_stopping_place", content)
    assert (found.stop, found.rows, found.rejected) == (None, [], [])


@pytest.mark.parametrize(
    "page", [{"code": 0, "total": 3, "items": None}, {"code": 0, "total": True, "items": []}]
)
def test_a_list_that_is_missing_is_no_empty_one(page: dict[str, Any]) -> None:
    api, _ = _answers(page)
    with pytest.raises(FetchError, match="answer_unexpected"):
        api.exchanges("/api/v1/nodes", {}, _retries())
