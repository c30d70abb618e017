"""Deliveries over the charging exchange T/CEC 102: the station register, and each day's energy by station."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date
from functools import partial
from typing import Any

from green_freight.agencies.agency import Delivery
from green_freight.agencies.connector import AvailableFile, Connection, Connector, exchange_file
from green_freight.contracts import Granularity
from green_freight.errors import FetchError
from green_freight.landing import Exchange
from green_freight.messages import message
from green_freight.periods import Period
from green_freight.programme import programme
from green_freight.protocols.http import open_http
from green_freight.protocols.retry_policy import Retries, RetryPolicy
from green_freight.protocols.tcec102 import ChargingExchange, Identity, Secrets
from green_freight.warehouse.texts import storable

log = logging.getLogger(__name__)

_UNDER_CONSTRUCTION = "1"


class ChargingExchangeConnector(Connector):
    """The exchange behind one client and one token; the list of stations is read once."""

    def __init__(self, connection: Connection) -> None:
        """Raises FetchError `connection_incomplete` where a secret is missing."""
        # OperatorID names the asking side; the company's own code is accepted where it gave us no other.
        operator_id = connection.extra.get("platform_id") or connection.required("operator_id")
        identity = Identity(operator_id, connection.required("operator_secret"))
        secrets = Secrets(*map(connection.required, ("data_secret", "data_secret_iv", "sig_secret")))
        policy = RetryPolicy.of(connection.extra)
        self._client = open_http(
            connection.base_url, policy, connection.extra.get("proxy"), connection.extra.get("ca_bundle")
        )
        version = connection.extra.get("version", "v1")
        self._exchange = ChargingExchange(self._client, identity, secrets, version)
        self._lock = threading.Lock()
        self._stations: list[dict[str, Any]] | None = None

    def available_files(
        self, delivery: Delivery, period: Period, retries: Retries
    ) -> Sequence[AvailableFile]:
        """Return the one container: stations that changed in the period, or the energy of a day."""
        if delivery.granularity is Granularity.CHANGED_SINCE:
            # The first window is open below, so that what was there before the programme began is included.
            since = period.starts_at if period.first_day > programme().first_day else None
            send: Callable[[Retries], Iterable[Exchange]] = partial(self._exchange.stations, since)
        else:
            send = partial(self._station_stats, period.first_day)
        request = {"protocol": "T/CEC 102", "period": period.label}
        return [exchange_file(delivery, period, request, send)]

    def whole_register(self, delivery: Delivery, retries: Retries) -> Sequence[Exchange] | None:
        """Return query_stations_info without LastQueryTime: every station with its piles and connectors."""
        return self._exchange.stations(None, retries)

    def close(self) -> None:
        """Close the client and log which departures from the standard were corrected."""
        if self._exchange.drift:
            log.info(message("standard_departures", departures=dict(self._exchange.drift)))
        self._client.close()

    def _station_stats(self, day: date, retries: Retries) -> Iterator[Exchange]:
        for station in self._known_stations(retries):
            if is_running(station, day):
                yield self._exchange.station_stats(station["StationID"], day, retries)

    def _known_stations(self, retries: Retries) -> list[dict[str, Any]]:
        with self._lock:
            if self._stations is None:
                records = self._exchange.station_records(retries)
                if not all(isinstance(record.get("StationID"), str) for record in records):
                    raise FetchError("answer_unexpected", "query_stations_info: a station without StationID")
                # What cannot be sent back cannot be asked about; the register's contract rejects the record.
                records = [
                    record for record in records if record["StationID"] == storable(record["StationID"])
                ]
                self._stations = sorted(records, key=lambda record: str(record["StationID"]))
            return self._stations


def is_running(station: Mapping[str, Any], day: date) -> bool:
    """Tell whether a station (canonical) can have energy on a day, from its own dates.

    Requesting only then gives the same responses whenever a past day is fetched again.
    """
    begins, ends = station.get("OfficialRunTime") or "", station.get("DecommissionTime") or ""
    if not begins and station.get("StationStatus") == _UNDER_CONSTRUCTION:
        return False
    return begins[:10] <= day.isoformat() and (not ends or day.isoformat() < ends[:10])
