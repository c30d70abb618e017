"""Deliveries over a paged JSON service: one container of pages per delivery and period."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from functools import partial

from green_freight.agencies.agency import Delivery, PagedApiConnection
from green_freight.agencies.connector import AvailableFile, Connection, Connector, exchange_file
from green_freight.contracts import Granularity
from green_freight.errors import FetchError
from green_freight.landing import Exchange
from green_freight.periods import Period
from green_freight.programme import programme
from green_freight.protocols.http import PagedApi, open_http
from green_freight.protocols.retry_policy import Retries, RetryPolicy


class PagedApiConnector(Connector):
    """A paged service behind one kept-alive client."""

    def __init__(self, entry: PagedApiConnection, connection: Connection) -> None:
        """Raises FetchError `connection_incomplete` where the token (the connection's password) is missing."""
        if not connection.password:
            raise FetchError("connection_incomplete", "password (bearer token)")
        self._entry = entry
        policy = RetryPolicy.of(connection.extra)
        self._client = open_http(
            connection.base_url, policy, connection.extra.get("proxy"), connection.extra.get("ca_bundle")
        )
        self._api = PagedApi(self._client, connection.password)

    def available_files(
        self, delivery: Delivery, period: Period, retries: Retries
    ) -> Sequence[AvailableFile]:
        """Return the one container: the service answers every request, if with no items."""
        path, query = self._path(delivery), self._query(delivery, period)
        send = partial(self._api.exchanges, path, query)
        return [exchange_file(delivery, period, {"path": path, "query": query}, send)]

    def changed_days(
        self, since: datetime, before: datetime, retries: Retries
    ) -> Mapping[str, Sequence[date]]:
        """Return the days that were sent or corrected in a window, of the deliveries that have such a list."""
        found: dict[str, Sequence[date]] = {}
        for delivery, name in self._entry.changed_days.items():
            path = self._entry.root + name
            items = self._api.items(path, _window(since, before), retries)
            try:
                days = {date.fromisoformat(item[self._entry.day_parameter]) for item in items}
            except (TypeError, KeyError, ValueError) as error:
                raise FetchError("answer_unexpected", f"{path}: {error!r}") from error
            found[delivery] = sorted(days)
        return found

    def whole_register(self, delivery: Delivery, retries: Retries) -> Sequence[Exchange] | None:
        return self._api.exchanges(self._path(delivery), {}, retries)

    def close(self) -> None:
        self._client.close()

    def _path(self, delivery: Delivery) -> str:
        return self._entry.root + delivery.name.replace("_", "-")

    def _query(self, delivery: Delivery, period: Period) -> dict[str, str]:
        if delivery.granularity is Granularity.DAY:
            return {self._entry.day_parameter: period.label}
        if delivery.granularity is Granularity.MONTH:
            return {self._entry.month_parameter: period.label}
        return _window(period.starts_at, period.ends_at)


def _window(since: datetime, before: datetime) -> dict[str, str]:
    # The first window is open below, so that what was there before the programme began is included.
    lower = (
        {} if since <= Period.day(programme().first_day).starts_at else {"changed_since": since.isoformat()}
    )
    return {**lower, "changed_before": before.isoformat()}
