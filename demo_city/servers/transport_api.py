"""The transport bureau's platform: paged JSON below /api/v1/, a bearer token, requests by last change."""

from __future__ import annotations

import hmac
from collections.abc import Callable
from datetime import date, datetime
from functools import lru_cache
from typing import Any, TypeVar

import orjson
from green_freight.contracts import contract
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from demo_city.contract_facts import REGISTER_KEYS
from demo_city.deliveries.encodings import dumps
from demo_city.deliveries.source import Source
from demo_city.random_generator import SHANGHAI, form_delivered_at
from demo_city.servers.credentials import Now
from demo_city.servers.faults import Fault
from demo_city.versioned_register import Row

REGISTERS = {contract(dataset).delivery.replace("_", "-"): dataset for dataset in REGISTER_KEYS}
MOST_ITEMS = 2000
DEFAULT_SIZE = "500"
RESPONSES_KEPT = 50
_CHANGING = "transport_changing_total"
T = TypeVar("T")
Items = list[bytes]
Read = Callable[[Any, datetime], list[Row]]


class BadRequestError(ValueError):
    """A parameter is missing or malformed (HTTP 400)."""


class TransportApi:
    """The bureau's registers, daily vehicle operations and reported figures at the moment `now`."""

    def __init__(self, source: Source, now: Now, fault: Fault, token: str) -> None:
        self._source, self._now, self._fault, self._token = source, now, fault, token.encode()
        self._rendered = lru_cache(maxsize=RESPONSES_KEPT)(_rendered)

    def app(self) -> Starlette:
        """Return the ASGI application."""
        return Starlette(routes=[Route("/api/v1/{path:path}", self._endpoint, methods=["GET"])])

    async def _endpoint(self, request: Request) -> Response:
        if self._fault.takes_transient_failure():
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
        scheme, _, token = header.partition(" ")
        is_right = hmac.compare_digest(token.encode(), self._token)
        return scheme == "Bearer" and is_right and self._fault.kind != "wrong_token"

    def _items(self, path: str, parameters: dict[str, str]) -> Items:
        now = self._now()
        if path == "vehicle-operations":
            day = _parsed(parameters, "operation_date", "yyyy-MM-dd", date.fromisoformat)
            return [] if day >= now.date() else self._all(self._source.vehicle_operations, day, now)
        if path == "vehicle-operations/changes":
            window, changes = _window(parameters), self._source.operation_changes()
            days = {day for at, day in changes if at < now and _is_within(at, *window)}
            return [dumps({"operation_date": day}) for day in sorted(days)]
        if path == "reported-figures":
            month = _parsed(parameters, "period", "yyyy-MM", lambda text: date.fromisoformat(f"{text}-01"))
            is_reported = form_delivered_at(month) < now
            return self._all(self._source.reported_figures, month, now) if is_reported else []
        return self._register(path, parameters, now)

    def _all(self, read: Read, period: date, now: datetime) -> Items:
        return [item for _, item in self._rendered(read, period, now)]

    def _register(self, path: str, parameters: dict[str, str], now: datetime) -> Items:
        current = self._rendered(self._source.register_rows, REGISTERS[path], now)
        since, before = _window(parameters)
        chosen = [item for changed_at, item in current if _is_within(changed_at, since, before)]
        walk = f"{path}|{since}|{before}"
        is_longer = len(chosen) > _whole(parameters.get("page_size", DEFAULT_SIZE), "page_size")
        return chosen[1:] if is_longer and self._source.changes_while_read(_CHANGING, walk) else chosen

    def _page(self, parameters: dict[str, str], items: Items) -> Response:
        page = _whole(parameters.get("page", "1"), "page")
        size = _whole(parameters.get("page_size", DEFAULT_SIZE), "page_size")
        if size > MOST_ITEMS:
            raise BadRequestError(f"page_size 不超过 {MOST_ITEMS}")
        here = items[(page - 1) * size : page * size]
        head = {"code": 0, "message": "ok", "page": page, "page_size": size, "total": len(items)}
        body = orjson.dumps(head)[:-1] + b',"items":[' + b",".join(here) + b"]}"
        return Response(body, media_type="application/json")


def _rendered(read: Read, period: Any, known_at: datetime) -> list[tuple[Any, bytes]]:
    """Return what a source reads of a period, or of a register, as JSON items, each with its `changed_at` if any."""
    return [(row.get("changed_at"), dumps(row)) for row in read(period, known_at)]


def _error_response(status: int, message: str) -> Response:
    headers = {"Retry-After": "1"} if status == 503 else None
    body = orjson.dumps({"code": status, "message": message})
    return Response(body, status_code=status, headers=headers, media_type="application/json")


def _whole(text: str, name: str) -> int:
    if not text.isdigit() or int(text) < 1:
        raise BadRequestError(f"{name} 应为正整数")
    return int(text)


def _parsed(parameters: dict[str, str], name: str, form: str, read: Callable[[str], T]) -> T:
    try:
        return read(parameters.get(name, ""))
    except ValueError as problem:
        raise BadRequestError(f"{name} 应为 {form}") from problem


def _window(parameters: dict[str, str]) -> list[datetime | None]:
    return [_parsed(parameters, name, "ISO 8601", _instant) for name in ("changed_since", "changed_before")]


def _is_within(moment: datetime, since: datetime | None, before: datetime | None) -> bool:
    return (since is None or moment >= since) and (before is None or moment < before)


def _instant(text: str) -> datetime | None:
    if not text:
        return None
    # An unescaped + of the offset arrives as a space.
    moment = datetime.fromisoformat(text.replace(" ", "+") if "T" in text else text)
    return moment if moment.tzinfo else moment.replace(tzinfo=SHANGHAI)
