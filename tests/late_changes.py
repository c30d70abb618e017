"""Changes of rows for the revisions of a city's LateKnowledge that the tests set up."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from decimal import Decimal
from typing import Any

from demo_city.late_knowledge import Change
from demo_city.versioned_register import Row


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
