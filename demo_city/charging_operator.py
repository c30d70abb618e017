"""What a charging operator must be able to tell, so that the T/CEC 102 service can speak for it.

The demonstration city's power company is one; a test wraps real sessions as another.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, Protocol

Message = dict[str, Any]


class ChargingOperator(Protocol):
    """One operator: its stations, each station's statistics for a day, the orders it pushed on a day.

    Messages carry the standard's names and Decimal, str, int or None values.
    """

    @property
    def operator_id(self) -> str:
        """Return the 9-character organisation code."""
        ...

    def station_versions(self) -> list[tuple[datetime, Message]]:
        """Return (changed at, StationInfo) for each version of each station, oldest first."""
        ...

    def station_stats(self, station_id: str, day: date) -> Message:
        """Return StationStats of one station for the sessions that began on a day (kWh).

        Raises:
            KeyError: the operator has no such station.
        """
        ...

    def charge_orders_pushed(self, day: date) -> list[Message]:
        """Return the ChargeOrderInfo messages that were pushed on a day."""
        ...
