"""The power company (供电公司): stations and statistics over T/CEC 102, charge orders as a daily file beside it."""

from __future__ import annotations

import logging
import re
import threading
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from functools import partial
from typing import Any

import httpx

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
from green_freight.agencies.file_share import Share, listed_file
from green_freight.errors import FetchError
from green_freight.landing import Exchange
from green_freight.periods import Period
from green_freight.programme import programme
from green_freight.protocols.http import open_http
from green_freight.protocols.retry_policy import Retries, RetryPolicy
from green_freight.protocols.tcec102 import ChargingExchange, Identity
from green_freight.protocols.tcec102_crypto import Secrets

log = logging.getLogger(__name__)

FOLDER = "/orders"
_MONTH_FOLDER = re.compile(r"20\d\d(0[1-9]|1[0-2])")
_ORDERS_NAME = re.compile(r"charge_orders_(20\d\d)(\d\d)(\d\d)\.jsonl\.gz", re.IGNORECASE)
_BEING_BUILT = "1"

STATIONS = Delivery(
    "stations",
    "充电站、桩、接口",
    "charging stations, piles and connectors",
    Granularity.CHANGED_SINCE,
    Kind.CHARGING_EXCHANGE,
    "power",
    ("power_station", "power_pile", "power_connector"),
)
STATION_STATS = Delivery(
    "station_stats",
    "充电站每日电量",
    "daily energy of stations",
    Granularity.DAY,
    Kind.CHARGING_EXCHANGE,
    "power",
    ("power_connector_energy",),
    settles=True,
)
CHARGE_ORDERS = Delivery(
    "charge_orders",
    "充电订单",
    "charge orders",
    Granularity.DAY,
    Kind.SFTP_FILE,
    "power_files",
    ("power_charge_order",),
)


class PowerSession:
    """The exchange and the drop of orders; one failing does not concern the other."""

    def __init__(self, connections: Mapping[str, Connection]) -> None:
        self._connections = connections
        self._share = Share(connections, "power_files")
        self._lock = threading.Lock()
        self._client: httpx.Client | None = None
        self._exchange: ChargingExchange | None = None
        self._stations: list[dict[str, Any]] | None = None

    def available_files(self, asked: FetchRequest, retries: Retries) -> Sequence[AvailableFile]:
        """Return the day's file of orders where it lies on the share, or the container of exchanges."""
        if asked.delivery == CHARGE_ORDERS:
            return self._order_files(asked, retries)
        if asked.delivery == STATIONS:
            return [exchange_file(asked, partial(self._ask_stations, asked.period), _described(asked))]
        return [exchange_file(asked, partial(self._ask_stats, asked.period), _described(asked))]

    def listed_files(self, retries: Retries) -> Sequence[ListedFile]:
        """Return the files of orders of all months."""
        found: list[ListedFile] = []
        for name in self._share.folders(FOLDER, retries):
            if _MONTH_FOLDER.fullmatch(name):
                files = self._share.files_if_any(f"{FOLDER}/{name}", retries)
                days = [(day_in(file.name), file) for file in files]
                found += [listed_file(CHARGE_ORDERS.name, day, file) for day, file in days if day is not None]
        return found

    def changed_days(
        self, since: datetime, before: datetime, retries: Retries
    ) -> Mapping[str, Sequence[date]]:
        """Return nothing: the company does not say which days it corrected; new files show in the listing."""
        return {}

    def whole_register(self, delivery: Delivery, retries: Retries) -> Sequence[Exchange] | None:
        """Return query_stations_info without LastQueryTime: every station with its piles and connectors."""
        return self._opened().stations(None, retries)

    def close(self) -> None:
        """Close the client and end the session; say which drift was put right on the way."""
        self._share.close()
        if self._exchange is not None and self._exchange.drift:
            log.info("T/CEC 102 不规范之处，已修正 / drift put right: %s", dict(self._exchange.drift))
        if self._client is not None:
            self._client.close()

    def _order_files(self, asked: FetchRequest, retries: Retries) -> list[AvailableFile]:
        folder = f"{FOLDER}/{asked.period.first_day:%Y%m}"
        files = self._share.files_if_any(folder, retries)
        return [
            self._share.available_file(asked, file, version=1)
            for file in files
            if day_in(file.name) == asked.period
        ]

    def _ask_stations(self, period: Period, retries: Retries) -> list[Exchange]:
        # The first window is open below, so that what was there before the programme began is included.
        since = period.starts_at if period.first_day > programme().first_day else None
        return self._opened().stations(since, retries)

    def _ask_stats(self, day: Period, retries: Retries) -> list[Exchange]:
        exchange = self._opened()
        return [
            answer
            for station in self._known_stations(retries)
            if is_running(station, day.first_day)
            for answer in exchange.station_stats(station["StationID"], day.first_day, day.first_day, retries)
        ]

    def _known_stations(self, retries: Retries) -> list[dict[str, Any]]:
        exchange = self._opened()
        with self._lock:
            if self._stations is None:
                records = exchange.station_records(retries)
                if not all(isinstance(record.get("StationID"), str) for record in records):
                    raise FetchError("answer_unexpected", "query_stations_info: a station without StationID")
                self._stations = sorted(records, key=lambda record: str(record["StationID"]))
            return self._stations

    def _opened(self) -> ChargingExchange:
        with self._lock:
            if self._exchange is None:
                found = connection_named(self._connections, "power")
                identity, secrets = _identity(found), _secrets(found)
                policy = RetryPolicy.of(found.extra)
                self._client = open_http(found.base_url, policy, found.extra.get("proxy"))
                version = found.extra.get("version", "v1")
                self._exchange = ChargingExchange(self._client, identity, secrets, version)
            return self._exchange


def is_running(station: Mapping[str, Any], day: date) -> bool:
    """Tell whether a station (canonical) can have energy on a day, from its own dates.

    Asking only then gives the same answers whenever a past day is asked again.
    """
    begins, ends = station.get("OfficialRunTime") or "", station.get("DecommissionTime") or ""
    if not begins and station.get("StationStatus") == _BEING_BUILT:
        return False
    return begins[:10] <= day.isoformat() and (not ends or day.isoformat() < ends[:10])


def day_in(file_name: str) -> Period | None:
    """Return the day of push that `charge_orders_yyyyMMdd.jsonl.gz` names, or None for another name."""
    found = _ORDERS_NAME.fullmatch(file_name)
    if found is None:
        return None
    try:
        return Period(f"{found[1]}-{found[2]}-{found[3]}")
    except ValueError:
        return None


AGENCY = Agency(
    code="power",
    name_zh="供电公司",
    name_en="Power company",
    deliveries={delivery.name: delivery for delivery in (STATIONS, STATION_STATS, CHARGE_ORDERS)},
    max_parallel_requests=4,
    open=PowerSession,
)


def _described(asked: FetchRequest) -> dict[str, Any]:
    return {"protocol": "T/CEC 102", "period": asked.period.label}


def _identity(connection: Connection) -> Identity:
    # OperatorID names the asking side; the company's own code is accepted where it gave us no other.
    asking = connection.extra.get("platform_id") or connection.required("operator_id")
    return Identity(asking, connection.required("operator_secret"))


def _secrets(connection: Connection) -> Secrets:
    return Secrets(
        connection.required("data_secret"),
        connection.required("data_secret_iv"),
        connection.required("sig_secret"),
    )
