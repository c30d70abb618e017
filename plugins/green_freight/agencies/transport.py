"""The transport bureau (市交通运输局): registers, daily vehicle operation and reported figures over a paged API."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from functools import partial

from green_freight.agencies.connection import Connection, connection_named
from green_freight.agencies.delivery import (
    Agency,
    AvailableFile,
    Delivery,
    FetchRequest,
    Granularity,
    Kind,
    ListedFile,
)
from green_freight.agencies.exchange_file import exchange_file
from green_freight.errors import FetchError
from green_freight.landing import Exchange
from green_freight.periods import Period
from green_freight.programme import programme
from green_freight.protocols.http import open_http
from green_freight.protocols.paged_api import PagedApi
from green_freight.protocols.retry_policy import Retries, RetryPolicy

_ROOT = "/api/v1/"
_CHANGES_PATH = f"{_ROOT}vehicle-operations/changes"


def _register(name: str, dataset: str, title_zh: str, title_en: str) -> Delivery:
    return Delivery(
        name, title_zh, title_en, Granularity.CHANGED_SINCE, Kind.PAGED_API, "transport", (dataset,)
    )


_DELIVERIES = (
    _register("enterprises", "transport_enterprise", "配送企业", "delivery enterprises"),
    _register("enterprise_grades", "transport_enterprise_grade", "企业等级证书", "grade certificates"),
    _register("vehicles", "transport_vehicle", "配送车辆", "delivery vehicles"),
    _register("nodes", "transport_node", "三级节点", "three-level nodes"),
    _register("stopping_places", "transport_stopping_place", "临时停靠点", "stopping places"),
    _register("platforms", "transport_platform", "信息平台", "information platforms"),
    _register("milestones", "transport_milestone", "工作节点", "milestones"),
    _register("funds", "transport_fund", "专项资金", "funds"),
    _register("policies", "transport_policy", "政策文件", "policies"),
    Delivery(
        "vehicle_operations",
        "车辆每日运行",
        "daily vehicle operation",
        Granularity.DAY,
        Kind.PAGED_API,
        "transport",
        ("transport_vehicle_operation",),
    ),
    Delivery(
        "reported_figures",
        "上报数据",
        "figures that the bureaus reported",
        Granularity.MONTH,
        Kind.PAGED_API,
        "transport",
        ("transport_reported_figure",),
    ),
)


class TransportSession:
    """The bureau's API behind one kept-alive client."""

    def __init__(self, connections: Mapping[str, Connection]) -> None:
        """Raises FetchError `connection_incomplete` where the connection or its token is absent."""
        found = connection_named(connections, "transport")
        if not found.password:
            raise FetchError("connection_incomplete", "password (the bearer token)")
        self._client = open_http(found.base_url, RetryPolicy.of(found.extra), found.extra.get("proxy"))
        self._api = PagedApi(self._client, found.password)

    def available_files(self, asked: FetchRequest, retries: Retries) -> Sequence[AvailableFile]:
        """Return the one container that answers: the platform answers every question, if with no items."""
        path, query = _path(asked.delivery), _query(asked)
        ask = partial(self._exchanges, path, query)
        return [exchange_file(asked, ask, {"path": path, "query": query})]

    def listed_files(self, retries: Retries) -> Sequence[ListedFile]:
        """Return nothing: the bureau has no share."""
        return []

    def changed_days(
        self, since: datetime, before: datetime, retries: Retries
    ) -> Mapping[str, Sequence[date]]:
        """Return the days whose vehicle operation was sent or corrected in a window."""
        items = self._api.items(_CHANGES_PATH, _window(since, before), retries)
        try:
            days = sorted({date.fromisoformat(item["operation_date"]) for item in items})
        except (TypeError, KeyError, ValueError) as error:
            raise FetchError("answer_unexpected", f"{_CHANGES_PATH}: {error!r}") from error
        return {"vehicle_operations": days}

    def whole_register(self, delivery: Delivery, retries: Retries) -> Sequence[Exchange] | None:
        """Return the pages of a register without any window of change."""
        return self._exchanges(_path(delivery), {}, retries)

    def close(self) -> None:
        """Close the client."""
        self._client.close()

    def _exchanges(self, path: str, query: Mapping[str, str], retries: Retries) -> list[Exchange]:
        return self._api.exchanges(path, query, retries)


AGENCY = Agency(
    code="transport",
    name_zh="市交通运输局",
    name_en="Transport bureau",
    deliveries={delivery.name: delivery for delivery in _DELIVERIES},
    max_parallel_requests=4,
    open=TransportSession,
)


def _path(delivery: Delivery) -> str:
    return _ROOT + delivery.name.replace("_", "-")


def _query(asked: FetchRequest) -> dict[str, str]:
    if asked.delivery.granularity is Granularity.DAY:
        return {"operation_date": asked.period.label}
    if asked.delivery.granularity is Granularity.MONTH:
        return {"period": asked.period.label}
    return _window(asked.period.starts_at, asked.period.ends_at)


def _window(since: datetime, before: datetime) -> dict[str, str]:
    # The first window is open below, so that what was there before the programme began is included.
    lower = (
        {} if since <= Period.day(programme().first_day).starts_at else {"changed_since": since.isoformat()}
    )
    return {**lower, "changed_before": before.isoformat()}
