"""Registers of places: the three-level nodes of the transport bureau and the temporary stopping places."""

from __future__ import annotations

from datetime import date

import numpy as np

from demo_city.monthly_events import monthly_counts, recorded_at
from demo_city.random_generator import entered_at, spread, stream
from demo_city.versioned_register import Row, VersionedRegister

REGIONS = ("320706", "320706", "320706", "320703", "320707", "320722", "320723", "320724", "320771", "320772")
ROADS = ("示范大道", "样板路", "演示一路", "演示二路", "假设街", "例子巷", "虚拟北路", "模拟南路")
OLD_STOPPING_PLACES = 12
OLD_LEVEL3_NODES = 8
_LEVEL_NAMES = {"1": "一级节点（综合物流园）", "2": "二级节点（公共配送中心）", "3": "三级节点（末端网点）"}


def region(rng: np.random.Generator) -> str:
    """Return a region code of the city, the two statistical pseudo-codes included."""
    return REGIONS[int(rng.integers(0, len(REGIONS)))]


class _Nodes:
    def __init__(self, seed: int) -> None:
        self.book = VersionedRegister("node_id")
        self.rng = stream(seed, "nodes")
        self._counts: dict[str, int] = {}

    def open(self, level: str, on: date) -> str:
        serial = self._counts[level] = self._counts.get(level, 0) + 1
        node_id = f"N{level}{serial:03d}"
        place = region(self.rng)
        row: Row = {
            "node_id": node_id,
            "node_level_code": level,
            "name": f"示范{_LEVEL_NAMES[level]}{serial:02d}",
            "region_code": place,
            "in_service_on": on,
            "out_of_service_on": None,
            "is_centre_area": place == "320706",
        }
        self.book.enter(row, recorded_at(self.rng, on))
        return node_id


def nodes(seed: int, last_year: int) -> VersionedRegister:
    """Return the transport bureau's nodes of levels 1 to 3 (the postal side keeps its own terminal stations)."""
    made = _Nodes(seed)
    made.open("2", date(2021, 6, 1))
    for n in range(OLD_LEVEL3_NODES):
        made.open("3", date(2020 + n % 3, 1 + n, 10))
    opened: dict[str, list[str]] = {}
    for level in ("1", "2", "3"):
        for (year, month), count in monthly_counts(f"level{level}_nodes", last_year).items():
            days = spread(made.rng, count, year, month)
            opened.setdefault(level, []).extend(made.open(level, day) for day in days)
    # a node that closes within the year of its opening stays an addition of that year
    closing = date(2023, 12, 20)
    made.book.amend(opened["3"][0], entered_at(made.rng, closing), out_of_service_on=closing)
    if last_year >= 2025:
        closing = date(2025, 4, 11)
        made.book.amend(opened["2"][0], entered_at(made.rng, closing), out_of_service_on=closing)
    renamed = entered_at(made.rng, date(2024, 2, 20))
    made.book.amend(opened["1"][0], renamed, name="示范一级节点（多式联运枢纽）01")
    return made.book


def stopping_places(seed: int, last_year: int) -> VersionedRegister:
    """Return the temporary stopping places for delivery vehicles."""
    rng = stream(seed, "stopping_places")
    book = VersionedRegister("place_id")
    days = [date(2019 + n % 4, 1 + n, 15) for n in range(OLD_STOPPING_PLACES)]
    for (year, month), count in monthly_counts("stopping_places", last_year).items():
        days += spread(rng, count, year, month)
    for serial, day in enumerate(days, 1):
        road = ROADS[int(rng.integers(0, len(ROADS)))]
        row: Row = {
            "place_id": f"P{serial:04d}",
            "name": f"示范停靠点{serial:03d}",
            "road_name": road,
            "region_code": region(rng),
            "bay_count": int(rng.integers(2, 9)),
            "in_service_on": day,
            "out_of_service_on": None,
        }
        book.enter(row, recorded_at(rng, day))
    for place_id, day in (("P0003", date(2023, 10, 12)), ("P0020", date(2024, 6, 5))):
        book.amend(place_id, entered_at(rng, day), out_of_service_on=day)
    book.amend("P0030", entered_at(rng, date(2024, 3, 6)), bay_count=10)
    # the same place was entered twice; the second entry was removed within the month
    double = {**book.last("P0040"), "place_id": "P9999"}
    twice = date(double["in_service_on"].year, double["in_service_on"].month, 1)
    book.enter(double, entered_at(rng, twice))
    book.remove("P9999", entered_at(rng, twice, 5))
    return book
