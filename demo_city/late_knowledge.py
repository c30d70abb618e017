"""What turns out about a city after the fact, and the moment from which its agencies know it.

The agencies respond by what is known at their clock, the truth by what was known when a day was over.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import date, datetime

from demo_city.charging_operator import ChargingOperator, Message
from demo_city.versioned_register import Row

STATIONS = "power_station"


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
        """Return (changed at, StationInfo) of every station as known at a moment, by StationID.

        A revision of STATIONS sees rows of `changed_at` and `info`.
        """
        newest: dict[str, Row] = {
            info["StationID"]: {"changed_at": changed_at, "info": info}
            for changed_at, info in operator.station_versions()
            if changed_at < known_at
        }
        rows = self.rows(STATIONS, None, [newest[key] for key in sorted(newest)], known_at)
        return [(row["changed_at"], row["info"]) for row in rows]
