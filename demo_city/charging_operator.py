"""What a charging operator must be able to tell, so that the T/CEC 102 service can speak for it.

The demonstration city's power company is one; a test wraps real sessions as another.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Protocol

Message = dict[str, Any]


class ChargingOperator(Protocol):
    """One operator: its stations, each station's statistics for a day, the orders it pushed on a day.

    Messages carry the standard's names and Decimal, str, int or None values.
    """

    @property
    def operator_id(self) -> str:
        """Return the 9-character organisation code."""

    def station_versions(self) -> list[tuple[datetime, Message]]:
        """Return (changed at, StationInfo) for each version of each station, oldest first."""

    def station_stats(self, station_id: str, day: date) -> Message:
        """Return StationStats for the sessions that began on a day (kWh); KeyError for an unknown station."""

    def charge_orders_pushed(self, day: date) -> list[Message]:
        """Return the ChargeOrderInfo messages that were pushed on a day."""


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
