"""What the servers ask of a city, its charging operator, and what turns out about it after the fact.

The demonstration city and its power company answer; so does a test's city of real charging sessions. The agencies
respond by what is known at their clock, the truth by what was known when a day was over.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Protocol

from demo_city.versioned_register import Row

# Messages carry the names of T/CEC 102 and Decimal, str, int or None values.
Message = dict[str, Any]
STATIONS = "power_station"


class ChargingOperator(Protocol):
    """One operator: its stations, each station's statistics for a day, the orders it pushed on a day."""

    @property
    def operator_id(self) -> str:
        """Return the 9-character organisation code."""

    def station_versions(self) -> list[tuple[datetime, Message]]:
        """Return (changed at, StationInfo) for each version of each station, oldest first."""

    def station_stats(self, station_id: str, day: date) -> Message:
        """Return StationStats for the sessions that began on a day (kWh); KeyError for an unknown station."""

    def charge_orders_pushed(self, day: date) -> list[Message]:
        """Return the ChargeOrderInfo messages that were pushed on a day."""


class LateKnowledge:
    """Nothing turns out late: everything was known at once. Tests derive cities that are revised.

    `cleared` says from when on a file, by its path on the share, lies there no more.
    """

    cleared: Mapping[str, datetime] = {}

    def rows(self, dataset: str, period: date | None, rows: list[Row], known_at: datetime) -> list[Row]:
        """Return the rows of a dataset and period (a day, a month's first, None for registers) as known then."""
        return rows

    def moments(self, datasets: Collection[str], period: date) -> list[datetime]:
        """Return when rows of one period of some datasets were revised, in order."""
        return []

    def periods(self, dataset: str) -> list[tuple[datetime, date]]:
        """Return when which period of a dataset was revised, in order."""
        return []

    def is_gone(self, operator: ChargingOperator, station_id: str, known_at: datetime) -> bool:
        """Tell whether an operator had a station and a revision has taken it out by a moment."""
        return False

    def stations(self, operator: ChargingOperator, known_at: datetime) -> list[tuple[datetime, Message]]:
        """Return (changed at, StationInfo) of every station as known at a moment, by StationID."""
        newest: dict[str, Row] = {
            info["StationID"]: {"changed_at": changed_at, "info": info}
            for changed_at, info in operator.station_versions()
            if changed_at < known_at
        }
        rows = self.rows(STATIONS, None, [newest[key] for key in sorted(newest)], known_at)
        return [(row["changed_at"], row["info"]) for row in rows]


class CitySource(Protocol):
    """What the servers ask of a city; `demo_city.city.City` is one."""

    first_day: date
    last_day: date
    late_knowledge: LateKnowledge

    @property
    def power(self) -> ChargingOperator: ...
    def register_versions(self, dataset_id: str, /) -> list[Row]: ...
    def vehicle_operations(self, day: date) -> list[Row]: ...
    def reported_figures(self, month: date) -> list[Row]: ...
    def form_rows(self, dataset_id: str, month: date, /) -> list[Row]: ...


class CityRecord(CitySource, Protocol):
    """What the true figures are counted from; `demo_city.city.City` is one."""

    def register_as_known(self, dataset_id: str, as_of: date) -> list[Row]: ...


def station_stats(
    station_id: str, first: date, last: date, piles: Mapping[str, Mapping[str, Decimal]]
) -> Message:
    """Return StationStats from the energy (kWh) of each connector by pile."""
    energy = {pile: sum(connectors.values(), Decimal("0.00")) for pile, connectors in piles.items()}
    return {
        "StationID": station_id,
        "StartTime": first.isoformat(),
        "EndTime": last.isoformat(),
        "StationElectricity": sum(energy.values(), Decimal("0.00")),
        "EquipmentStatsInfos": [
            {
                "EquipmentID": pile,
                "EquipmentElectricity": energy[pile],
                "ConnectorStatsInfos": [
                    {"ConnectorID": connector, "ConnectorElectricity": kwh}
                    for connector, kwh in connectors.items()
                ],
            }
            for pile, connectors in piles.items()
        ],
    }
