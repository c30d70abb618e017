"""The deviations of real exchange services from the standard, put on responses where they are planted."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from typing import Any

import orjson

from demo_city.charging_operator import ChargingOperator, Message
from demo_city.defects.order_changes import lower_camel, respelt, textual
from demo_city.deliveries.encodings import dumps
from demo_city.deliveries.source import SMALL_PAGE, Source
from demo_city.servers.clock import Clock
from demo_city.servers.tcec_responses import MOST_ITEMS


class Drift:
    """Decides for each response of the exchange which deviation it has."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._sampler = source.sampler

    def walk(self, since: str, page: int, stations: list[Message]) -> tuple[list[Message], int, int]:
        """Return the stations a page walk sees, the most a page holds, and pages announced in excess.

        A list that changes lacks its first station on the first page of the first walk: who only goes on reading
        misses a station.
        """
        limit = MOST_ITEMS
        if self._sampler.happens("exchange_changing_total", since):
            limit = SMALL_PAGE
            is_longer = len(stations) > SMALL_PAGE
            if page == 1 and is_longer and self._source.changes_while_read("exchange_changing_total", since):
                self._source.seen(since)
                stations = stations[1:]
        return stations, limit, int(self._sampler.happens("exchange_empty_last_page", since))

    def distort(self, interface: str, subject: str, plain: bytes) -> tuple[bytes, bool]:
        """Return a response's plaintext with its deviations, and whether its signature is in lower case."""
        if not self._sampler.rates:
            return plain, False
        happens = self._sampler.happens
        is_lower = happens("exchange_lower_signature", interface, subject)
        if interface == "query_token":
            return plain, is_lower
        plain = self._respelt(interface, subject, plain)
        if happens("exchange_trailing_comma", interface, subject):
            plain = plain[:-1] + b",}"
        return plain, is_lower

    def _respelt(self, interface: str, subject: str, plain: bytes) -> bytes:
        happens = self._sampler.happens
        message: Any = None
        for name, change in _RESPELLINGS.items():
            if happens(name, interface, subject):
                message = change(orjson.loads(plain) if message is None else message)
        return plain if message is None else dumps(message)


class DefectiveOperator:
    """An operator as known at the clock's moment, whose statistics have the planted defects."""

    def __init__(self, source: Source, clock: Clock) -> None:
        operator: ChargingOperator = source.city.power
        self._source, self._clock = source, clock
        self.operator_id = operator.operator_id
        self.charge_orders_pushed = operator.charge_orders_pushed

    def station_versions(self) -> list[tuple[datetime, Message]]:
        """Return the newest version of each station that is known now."""
        return self._source.stations(self._clock.now())

    def station_stats(self, station_id: str, day: date) -> Message:
        """Return StationStats as known now. Raises KeyError where there is no such station, or no longer."""
        return self._source.station_stats(station_id, day, self._clock.now())


_RESPELLINGS: dict[str, Callable[[Any], Any]] = {
    "exchange_operation_id": lambda message: respelt(
        message, lambda key: {"OperatorID": "OperationID"}.get(key, key)
    ),
    "exchange_text_numbers": textual,
    "exchange_lower_camel": lambda message: respelt(message, lower_camel),
}
