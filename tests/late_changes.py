"""Cities about which something turns out late, for tests.

A revision changes the rows of one dataset from a moment on: a record is gone without a tombstone, a past value was
wrong, a form or an order file is sent again.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from demo_city.city_source import ChargingOperator, LateKnowledge
from demo_city.versioned_register import Row

Change = Callable[[list[Row]], list[Row]]


@dataclass(frozen=True)
class Revision:
    """From `at` on the rows of a dataset are what `change` makes of them.

    `period` is the day of events or orders' push, the first day of a form's month, None for registers, which show
    a change only where the row's own `changed_at` does. Rows of `power_station` have `changed_at` and `info`.
    """

    dataset: str
    at: datetime
    change: Change
    period: date | None = None


class RevisedKnowledge(LateKnowledge):
    """All revisions of a city, and the files that were cleared off a share, which changes nothing that is true."""

    def __init__(
        self, revisions: Iterable[Revision] = (), cleared: Mapping[str, datetime] | None = None
    ) -> None:
        self.cleared = dict(cleared or {})
        self._revisions = sorted(revisions, key=lambda revision: revision.at)

    def rows(self, dataset: str, period: date | None, rows: list[Row], known_at: datetime) -> list[Row]:
        for revision in self._revisions:
            if (revision.dataset, revision.period) == (dataset, period) and revision.at < known_at:
                rows = revision.change(rows)
        return rows

    def moments(self, datasets: Collection[str], period: date) -> list[datetime]:
        return sorted({r.at for r in self._revisions if r.dataset in datasets and r.period == period})

    def periods(self, dataset: str) -> list[tuple[datetime, date]]:
        return [(r.at, r.period) for r in self._revisions if r.dataset == dataset and r.period is not None]

    def is_gone(self, operator: ChargingOperator, station_id: str, known_at: datetime) -> bool:
        entered = {info["StationID"] for at, info in operator.station_versions() if at < known_at}
        shown = {info["StationID"] for _, info in self.stations(operator, known_at)}
        return station_id in entered - shown


def without(column: str, keys: Collection[str]) -> Change:
    """Return a change that takes rows out without a tombstone or notice."""
    return lambda rows: [row for row in rows if row[column] not in keys]


def with_values(column: str, key: str, **values: Any) -> Change:
    """Return a change that gives one row other values."""
    return lambda rows: [{**row, **values} if row[column] == key else row for row in rows]


def without_stations(ids: Collection[str]) -> Change:
    """Return a change that takes stations out without a tombstone or notice."""
    return lambda rows: [row for row in rows if row["info"]["StationID"] not in ids]


def without_piles(station_id: str, ids: Collection[str], at: datetime) -> Change:
    """Return a change after which a station is shown, as changed at a moment, without some of its piles."""

    def change(row: Row) -> Row:
        if row["info"]["StationID"] != station_id:
            return row
        piles = [pile for pile in row["info"]["EquipmentInfos"] if pile["EquipmentID"] not in ids]
        return {"changed_at": at, "info": {**row["info"], "EquipmentInfos": piles}}

    return lambda rows: [change(row) for row in rows]


def one_pile_silent(rows: list[Row]) -> list[Row]:
    """Take the energy of the first pile that has some out of each StationStats."""
    return [_without_energy(row) for row in rows]


def _without_energy(row: Row) -> Row:
    piles = list(row["EquipmentStatsInfos"])
    place = next((n for n, pile in enumerate(piles) if pile["EquipmentElectricity"]), None)
    if place is None:
        return row
    plugs = [{**plug, "ConnectorElectricity": Decimal(0)} for plug in piles[place]["ConnectorStatsInfos"]]
    energy = row["StationElectricity"] - piles[place]["EquipmentElectricity"]
    piles[place] = {**piles[place], "EquipmentElectricity": Decimal(0), "ConnectorStatsInfos": plugs}
    return {**row, "StationElectricity": energy, "EquipmentStatsInfos": piles}
