"""The city's power company as a charging operator: the network, its daily statistics, its orders."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from demo_city.charge_orders import render_orders
from demo_city.charging_network import OPERATOR_ID, SITES, Connector, connectors, station_id, station_versions
from demo_city.charging_operator import Message
from demo_city.charging_sessions import DAY, Sessions, sessions_of
from demo_city.columns import Ints, ServiceDays, hundredths
from demo_city.versioned_register import Row

# three of five drivers identify themselves; the others charge by card
_IDENTIFIED_SHARE = 0.6


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
        self._stats = lru_cache(maxsize=4)(self._energy_by_connector)

    def station_versions(self) -> list[tuple[datetime, Message]]:
        """Return every version of every StationInfo with the moment of its change, in order of time."""
        return self._versions

    def station_ids(self) -> list[str]:
        """Return all stations' identifiers, those still to be built included."""
        return [station_id(site) for site in SITES]

    def station_stats(self, station: str, day: date) -> Message:
        """Return StationStats of one day: the energy of the sessions that started on it, in kWh (2 dp).

        Raises:
            KeyError: the operator has no such station.
        """
        if station not in self.station_ids():
            raise KeyError(station)
        energy = self._stats(day)
        parts: dict[str, list[tuple[str, int]]] = {}
        for n in self._plugs.on(day).tolist():
            connector = self.connectors[n]
            if connector.station_id == station:
                parts.setdefault(connector.equipment_id, []).append((connector.connector_id, energy[n]))
        piles = [_equipment_stats(equipment_id, plugs) for equipment_id, plugs in parts.items()]
        return {
            "StationID": station,
            "StartTime": day.isoformat(),
            "EndTime": day.isoformat(),
            "StationElectricity": _kwh(sum(e for plugs in parts.values() for _, e in plugs)),
            "EquipmentStatsInfos": piles,
        }

    def charge_orders_pushed(self, day: date) -> list[Message]:
        """Return the ChargeOrderInfos pushed on a day: those whose session ended on it."""
        before = day - timedelta(days=1)
        from_before = self._render(before, np.flatnonzero(self.sessions(before).end >= DAY))
        return from_before + self._render(day, np.flatnonzero(self.sessions(day).end < DAY))

    def _render(self, day: date, rows: Ints) -> list[Message]:
        sessions = self.sessions(day)
        vins = self._vins_of(sessions.vehicle_draw[rows], day)
        return render_orders(sessions, rows, day, OPERATOR_ID, self._connector_ids, vins)

    def _vins_of(self, draws: NDArray[np.float64], day: date) -> list[str]:
        fleet = self._fleet.on(day)
        chosen = np.minimum(draws / _IDENTIFIED_SHARE, 1.0)
        places = fleet[np.minimum((chosen * len(fleet)).astype(np.int64), len(fleet) - 1)].tolist()
        return [self._vins[n] if c < 1.0 else "" for n, c in zip(places, chosen.tolist(), strict=True)]

    def _sessions(self, day: date) -> Sessions:
        volume = self._volume if self._first_day <= day <= self._last_day else 0.0
        return sessions_of(self._seed, volume, day, self._plugs.on(day), self._watts)

    def _energy_by_connector(self, day: date) -> list[int]:
        """Return the energy (0.01 kWh) of the sessions that started on a day, by place of the connector."""
        sessions = self.sessions(day)
        total = np.bincount(sessions.plug, weights=sessions.energy, minlength=len(self.connectors))
        return [int(n) for n in total]


def _kwh(energy: int) -> Decimal:
    return hundredths([energy])[0]


def _equipment_stats(equipment_id: str, plugs: list[tuple[str, int]]) -> Message:
    return {
        "EquipmentID": equipment_id,
        "EquipmentElectricity": _kwh(sum(energy for _, energy in plugs)),
        "ConnectorStatsInfos": [
            {"ConnectorID": connector_id, "ConnectorElectricity": _kwh(energy)}
            for connector_id, energy in plugs
        ],
    }
