"""The city's power company as a charging operator: the network, its daily statistics, its orders.

Sessions in columns become ChargeOrderInfo messages of T/CEC 102, with exact decimals and local times.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import lru_cache
from itertools import islice, repeat

import numpy as np
from green_freight.contracts import contract
from numpy.typing import NDArray

from demo_city.charging_network import OPERATOR_ID, SITES, Connector, connectors, station_id, station_versions
from demo_city.charging_sessions import DAY, Columns, Sessions, sessions_of
from demo_city.city_source import Message, station_stats
from demo_city.columns import Ints, ServiceDays, hundredths, ten_thousandths
from demo_city.versioned_register import Row

# three of five drivers identify themselves; the others charge by card
_IDENTIFIED_SHARE = 0.6
_ORDER = [column.source_names[0] for column in contract("power_charge_order").columns if column.name != "vin"]
_DETAIL = (
    *("DetailStartTime", "DetailEndTime", "ElecPrice", "SevicePrice"),
    *("DetailPower", "DetailElecMoney", "DetailSeviceMoney"),
)
_CLOCK = [
    f" {hour:02d}:{minute:02d}:{s:02d}" for hour in range(24) for minute in range(60) for s in range(60)
]


class PowerOperator:
    """A ChargingOperator over the synthetic city; `fleet` are the vehicles that may charge."""

    operator_id = OPERATOR_ID

    def __init__(
        self, seed: int, volume: float, fleet: Sequence[Row], first_day: date, last_day: date
    ) -> None:
        self._seed, self._volume = seed, volume
        self._first_day, self._last_day = first_day, last_day
        self._versions = station_versions(seed, last_day.year)
        self.connectors: list[Connector] = connectors()
        self._connector_ids = [c.connector_id for c in self.connectors]
        self._watts = np.array([int(c.power_kw * 1000) for c in self.connectors], dtype=np.int64)
        self._plugs = ServiceDays((c.first_day, c.gone_from) for c in self.connectors)
        self._vins = [vehicle["vin"] for vehicle in fleet]
        self._fleet = ServiceDays((v["in_service_on"], v["out_of_service_on"]) for v in fleet)
        # one cache an operator: a day is needed for its own file, the next day's, and the statistics
        self.sessions = lru_cache(maxsize=8)(self._sessions)
        # planted defects put some of a day's orders into the file of the next day, some into that of a week later
        self._pushed = lru_cache(maxsize=9)(self._charge_orders_pushed)
        self._stats = lru_cache(maxsize=4)(self._energy_by_connector)

    def station_versions(self) -> list[tuple[datetime, Message]]:
        """Return every version of every StationInfo with the moment of its change, in order of time."""
        return self._versions

    def station_ids(self) -> list[str]:
        """Return all stations' identifiers, those still to be built included."""
        return [station_id(site) for site in SITES]

    def station_stats(self, station: str, day: date) -> Message:
        """Return StationStats for the sessions that began on a day (kWh, 2 dp); KeyError for an unknown station."""
        if station not in self.station_ids():
            raise KeyError(station)
        energy = self._stats(day)
        piles: dict[str, dict[str, Decimal]] = {}
        for n in self._plugs.on(day).tolist():
            connector = self.connectors[n]
            if connector.station_id == station:
                piles.setdefault(connector.equipment_id, {})[connector.connector_id] = energy[n]
        return station_stats(station, day, day, piles)

    def charge_orders_pushed(self, day: date) -> list[Message]:
        """Return the ChargeOrderInfos pushed on a day: those whose session ended on it; nobody changes them."""
        return list(self._pushed(day))

    def _charge_orders_pushed(self, day: date) -> list[Message]:
        before = day - timedelta(days=1)
        from_before = self._render(before, np.flatnonzero(self.sessions(before).sessions["end"] >= DAY))
        return from_before + self._render(day, np.flatnonzero(self.sessions(day).sessions["end"] < DAY))

    def _render(self, day: date, rows: Ints) -> list[Message]:
        """Return the orders of the sessions of a day at `rows` (ascending)."""
        sessions, periods = self.sessions(day)
        wanted = np.zeros(len(sessions), dtype=bool)
        wanted[rows] = True
        details = iter(_details(periods[np.repeat(wanted, sessions["count"])], day))
        chosen = sessions[rows]
        counts = chosen["count"].tolist()
        columns = zip(
            (f"{OPERATOR_ID}{day:%Y%m%d}{row + 1:010d}" for row in rows.tolist()),
            repeat(OPERATOR_ID),
            (self._connector_ids[plug] for plug in chosen["plug"].tolist()),
            _moments(day, chosen["start"].tolist()),
            _moments(day, chosen["end"].tolist()),
            hundredths(chosen["energy"].tolist()),
            hundredths(chosen["electricity_fee"].tolist()),
            hundredths(chosen["service_fee"].tolist()),
            hundredths((chosen["electricity_fee"] + chosen["service_fee"]).tolist()),
            chosen["stop_reason"].tolist(),
            counts,
            (list(islice(details, count)) for count in counts),
        )
        orders = (dict(zip(_ORDER, values, strict=True)) for values in columns)
        vins = self._vins_of(chosen["vehicle_draw"], day)
        return [order | {"Vin": vin} if vin else order for order, vin in zip(orders, vins, strict=True)]

    def _vins_of(self, draws: NDArray[np.float64], day: date) -> list[str]:
        fleet = self._fleet.on(day)
        chosen = np.minimum(draws / _IDENTIFIED_SHARE, 1.0)
        places = fleet[np.minimum((chosen * len(fleet)).astype(np.int64), len(fleet) - 1)].tolist()
        return [self._vins[n] if c < 1.0 else "" for n, c in zip(places, chosen.tolist(), strict=True)]

    def _sessions(self, day: date) -> Sessions:
        volume = self._volume if self._first_day <= day <= self._last_day else 0.0
        return sessions_of(self._seed, volume, day, self._plugs.on(day), self._watts)

    def _energy_by_connector(self, day: date) -> list[Decimal]:
        """Return the energy (kWh) of the sessions that started on a day, by place of the connector."""
        sessions = self.sessions(day).sessions
        total = np.bincount(sessions["plug"], weights=sessions["energy"], minlength=len(self.connectors))
        return hundredths(total.astype(np.int64).tolist())


def _details(periods: Columns, day: date) -> list[Message]:
    columns = zip(
        _moments(day, periods["start"].tolist()),
        _moments(day, periods["end"].tolist()),
        ten_thousandths(periods["price"].tolist()),
        ten_thousandths(periods["service_price"].tolist()),
        hundredths(periods["energy"].tolist()),
        hundredths(periods["electricity_fee"].tolist()),
        hundredths(periods["service_fee"].tolist()),
        strict=True,
    )
    return [dict(zip(_DETAIL, values, strict=True)) for values in columns]


def _moments(day: date, seconds: Iterable[int]) -> list[str]:
    """Return `yyyy-MM-dd HH:mm:ss` for seconds from a day's midnight; the next day's are allowed."""
    today, tomorrow = day.isoformat(), (day + timedelta(days=1)).isoformat()
    return [today + _CLOCK[s] if s < DAY else tomorrow + _CLOCK[s - DAY] for s in seconds]
