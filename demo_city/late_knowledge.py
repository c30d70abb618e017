"""LateKnowledge: what turns out about the city after the fact, and the moment from which its agencies know it.

A revision changes the rows of one dataset from a moment on: a record is gone without a tombstone, a past value was
wrong, a form or an order file is sent again. The agencies respond by what is known at their clock, the truth by what
was known when a day was over. A file may also be cleared off a share, which changes nothing that is true.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime

from demo_city.charging_operator import ChargingOperator, Message
from demo_city.versioned_register import Row

Change = Callable[[list[Row]], list[Row]]
STATIONS = "power_station"


@dataclass(frozen=True)
class Revision:
    """From `at` on the rows of a dataset are what `change` makes of them.

    `period` is the day of events or orders' push, the first day of a form's month, None for registers, which show
    a change only where the row's own `changed_at` does.
    """

    dataset: str
    at: datetime
    change: Change
    period: date | None = None


class LateKnowledge:
    """All revisions of a city; without any, everything was known at once."""

    def __init__(
        self, revisions: Iterable[Revision] = (), cleared: Mapping[str, datetime] | None = None
    ) -> None:
        """`cleared` says from when on a file, by its path on the share, lies there no more."""
        self.cleared = dict(cleared or {})
        self._revisions = sorted(revisions, key=lambda revision: revision.at)

    def rows(self, dataset: str, period: date | None, rows: list[Row], known_at: datetime) -> list[Row]:
        """Return the rows of a dataset and period as known at a moment."""
        for revision in self._revisions:
            if (revision.dataset, revision.period) == (dataset, period) and revision.at < known_at:
                rows = revision.change(rows)
        return rows

    def moments(self, datasets: Collection[str], period: date) -> list[datetime]:
        """Return when rows of one period of some datasets were revised, in order."""
        return sorted({r.at for r in self._revisions if r.dataset in datasets and r.period == period})

    def periods(self, dataset: str) -> list[tuple[datetime, date]]:
        """Return when which period of a dataset was revised, in order."""
        return [(r.at, r.period) for r in self._revisions if r.dataset == dataset and r.period is not None]

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

    def is_gone(self, operator: ChargingOperator, station_id: str, known_at: datetime) -> bool:
        """Tell whether an operator had a station and a revision has taken it out by a moment."""
        entered = {info["StationID"] for at, info in operator.station_versions() if at < known_at}
        shown = {info["StationID"] for _, info in self.stations(operator, known_at)}
        return station_id in entered - shown
