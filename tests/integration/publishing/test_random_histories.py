"""Whatever comes, goes and changes: mart is the candidate, and every past state can be read again exactly."""

from __future__ import annotations

import random
from datetime import date
from typing import Any

import pytest

from tests.integration.publishing.conftest import CITY, Star

MONTHS = [date(2025, month, 1) for month in (7, 8, 9)]


@pytest.mark.parametrize("seed", [1, 20230110])
def test_random_candidates_in_a_row(star: Star, seed: int) -> None:
    chance = random.Random(seed)
    snapshots: dict[int, dict[str, set[Any]]] = {}
    for _ in range(10):
        randomise(star, chance)
        number = star.publish().publication_no
        assert star.state() == {name: set(rows) for name, rows in star.rows.items()}
        if number is not None:
            snapshots[number] = star.state()
    assert list(snapshots) == list(range(1, len(snapshots) + 1))
    for number, snapshot in snapshots.items():
        assert star.state({"green_freight.publication": str(number)}, "mart_asof") == snapshot
    check_counts(star, snapshots)


def randomise(star: Star, chance: random.Random) -> None:
    """Make any candidate that holds together: nulls, empty tables and vanished months included."""
    stations = chance.sample(range(8), chance.randint(1, 8))
    star.rows["dim_station"] = [
        (CITY, f"s{n}", chance.choice([None, "甲", "乙"]), chance.choice([None, 30, 60])) for n in stations
    ]
    months = chance.sample(MONTHS, chance.randint(0, 3))
    star.rows["fct_session"] = [
        (CITY, chance.choice(months), f"c{n}", f"s{chance.choice(stations)}", chance.randint(0, 2))
        for n in range(12 if months else 0)
        if chance.random() < 0.7
    ]
    star.fit_total(chance.randint(0, 1))


def check_counts(star: Star, snapshots: dict[int, dict[str, set[Any]]]) -> None:
    """Recount from the snapshots what each publication says it added, changed and removed."""
    with star.warehouse.connect("reader") as reader:
        told = {
            (number, table): tuple(counts)
            for number, table, *counts in reader.execute(
                "select publication_no, table_name, rows_added, rows_changed, rows_removed "
                "from publication_table_change"
            )
        }
    keys = {spec.name: len(spec.primary_key) for spec in star.specs}
    before: dict[str, set[Any]] = {name: set() for name in keys}
    for number, snapshot in snapshots.items():
        for name, width in keys.items():
            old, new = ({row[:width]: row for row in rows} for rows in (before[name], snapshot[name]))
            counts = (
                len(new.keys() - old.keys()),
                sum(old[key] != new[key] for key in new.keys() & old.keys()),
                len(old.keys() - new.keys()),
            )
            assert told.get((number, name), (0, 0, 0)) == counts
        before = snapshot
