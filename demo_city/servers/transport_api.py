"""The transport bureau's platform: paged JSON below /api/v1/, a bearer token, requests by last change."""

from __future__ import annotations

import hmac
from collections import OrderedDict
from collections.abc import Callable
from datetime import date, datetime

import orjson
from green_freight.contracts import contract
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from demo_city.contract_facts import REGISTER_KEYS
from demo_city.defects.model import Row
from demo_city.deliveries.encodings import dumps
from demo_city.deliveries.source import Source
from demo_city.random_generator import SHANGHAI, form_delivered_at
from demo_city.servers.clock import Clock
from demo_city.servers.faults import FaultBoard

REGISTERS = {contract(dataset).delivery.replace("_", "-"): dataset for dataset in REGISTER_KEYS}
MOST_ITEMS = 2000
DEFAULT_SIZE = "500"
DAYS_KEPT = 40
_CONNECTION = "transport"
_CHANGING = "transport_changing_total"
Items = list[bytes]


class BadRequestError(ValueError):
    """A parameter is missing or malformed (HTTP 400)."""


class TransportApi:
    """The bureau's registers, daily vehicle operations and reported figures at the clock's moment."""

    def __init__(self, source: Source, clock: Clock, board: FaultBoard, token: str) -> None:
        self._source = source
        self._clock = clock
        self._board = board
        self._token = token.encode()
        self._registers: dict[str, tuple[datetime, list[tuple[datetime, bytes]]]] = {}
        self._responses: OrderedDict[tuple[datetime, str, str], Items] = OrderedDict()

    def app(self) -> Starlette:
        """Return the ASGI application."""
        return Starlette(routes=[Route("/api/v1/{path:path}", self._endpoint, methods=["GET"])])

    async def _endpoint(self, request: Request) -> Response:
        if self._board.takes_transient_failure(_CONNECTION):
            return _error_response(503, "系统繁忙")
        if not self._is_allowed(request.headers.get("authorization", "")):
            return _error_response(401, "令牌无效")
        try:
            parameters = dict(request.query_params)
            return self._page(parameters, self._items(request.path_params["path"], parameters))
        except KeyError:
            return _error_response(404, f"没有接口 {request.url.path}")
        except BadRequestError as problem:
            return _error_response(400, str(problem))

    def _is_allowed(self, header: str) -> bool:
        if self._board.fails(_CONNECTION, "wrong_token"):
            return False
        scheme, _, token = header.partition(" ")
        return scheme == "Bearer" and hmac.compare_digest(token.encode(), self._token)

    def _items(self, path: str, parameters: dict[str, str]) -> Items:
        if path == "vehicle-operations":
            return self._operations(_day(parameters, "operation_date"))
        if path == "vehicle-operations/changes":
            return self._changes(parameters)
        if path == "reported-figures":
            return self._reported_figures(parameters)
        return self._register(REGISTERS[path], path, parameters)

    def _register(self, dataset: str, delivery: str, parameters: dict[str, str]) -> Items:
        since, before = _window(parameters)
        current = self._current(dataset)
        chosen = [
            item
            for changed_at, item in current
            if (since is None or changed_at >= since) and (before is None or changed_at < before)
        ]
        walk = f"{delivery}|{since}|{before}"
        is_longer = len(chosen) > _whole(parameters.get("page_size", DEFAULT_SIZE), "page_size")
        if is_longer and self._source.changes_while_read(_CHANGING, walk):
            self._source.seen(walk)
            return chosen[1:]
        return chosen

    def _current(self, dataset: str) -> list[tuple[datetime, bytes]]:
        now = self._clock.now()
        cached = self._registers.get(dataset)
        if cached is None or cached[0] != now:
            rows = self._source.register_rows(dataset, now)
            cached = (now, [(row["changed_at"], dumps(row)) for row in rows])
            self._registers[dataset] = cached
        return cached[1]

    def _operations(self, day: date) -> Items:
        if day >= self._clock.today():
            return []
        known_at = self._clock.now()
        return self._cached("operations", str(day), lambda: self._source.vehicle_operations(day, known_at))

    def _changes(self, parameters: dict[str, str]) -> Items:
        since, before = _window(parameters)
        now = self._clock.now()
        days = {
            day
            for changed_at, day in self._source.operation_changes()
            if changed_at < now
            and (since is None or changed_at >= since)
            and (before is None or changed_at < before)
        }
        return [dumps({"operation_date": day}) for day in sorted(days)]

    def _reported_figures(self, parameters: dict[str, str]) -> Items:
        try:
            month = date.fromisoformat(f"{parameters.get('period')}-01")
        except ValueError as problem:
            raise BadRequestError("period 应为 yyyy-MM") from problem
        if form_delivered_at(month) >= self._clock.now():
            return []
        known_at = self._clock.now()
        return self._cached("figures", str(month), lambda: self._source.reported_figures(month, known_at))

    def _cached(self, kind: str, label: str, rows: Callable[[], list[Row]]) -> Items:
        key = (self._clock.now(), kind, label)
        if key not in self._responses:
            self._responses[key] = [dumps(row) for row in rows()]
            while len(self._responses) > DAYS_KEPT:
                self._responses.popitem(last=False)
        return self._responses[key]

    def _page(self, parameters: dict[str, str], items: Items) -> Response:
        page = _whole(parameters.get("page", "1"), "page")
        size = _whole(parameters.get("page_size", DEFAULT_SIZE), "page_size")
        if size > MOST_ITEMS:
            raise BadRequestError(f"page_size 不超过 {MOST_ITEMS}")
        here = items[(page - 1) * size : page * size]
        head = {"code": 0, "message": "ok", "page": page, "page_size": size, "total": len(items)}
        body = orjson.dumps(head)[:-1] + b',"items":[' + b",".join(here) + b"]}"
        return Response(body, media_type="application/json")


def _error_response(status: int, message: str) -> Response:
    headers = {"Retry-After": "1"} if status == 503 else None
    body = orjson.dumps({"code": status, "message": message})
    return Response(body, status_code=status, headers=headers, media_type="application/json")


def _whole(text: str, name: str) -> int:
    if not text.isdigit() or int(text) < 1:
        raise BadRequestError(f"{name} 应为正整数")
    return int(text)


def _day(parameters: dict[str, str], name: str) -> date:
    try:
        return date.fromisoformat(parameters.get(name, ""))
    except ValueError as problem:
        raise BadRequestError(f"{name} 应为 yyyy-MM-dd") from problem


def _window(parameters: dict[str, str]) -> tuple[datetime | None, datetime | None]:
    return _instant(parameters, "changed_since"), _instant(parameters, "changed_before")


def _instant(parameters: dict[str, str], name: str) -> datetime | None:
    text = parameters.get(name, "")
    if not text:
        return None
    try:
        # An unescaped + of the offset arrives as a space.
        moment = datetime.fromisoformat(text.replace(" ", "+") if "T" in text else text)
    except ValueError as problem:
        raise BadRequestError(f"{name} 应为 ISO 8601") from problem
    return moment if moment.tzinfo else moment.replace(tzinfo=SHANGHAI)
