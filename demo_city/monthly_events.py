"""What happens in the demonstration city: how many of each thing begin in which month, and other dated events.

The counts are fixed (`events/monthly_counts.csv`), so that the scorecard is the same for every seed; days within a
month, names and amounts are drawn. A year that the file does not have is like its last one. On purpose not every
target is met:

- charging piles 2023: 88 of 100 (not met; the missing ones came in 2024); behind in 2025 until the fifth station opens;
- level-1 nodes 2024: none (not met; the missing one came in February 2025, late);
- terminal stations 2023: 26 of 30 (not met); stopping places 2024: 36 of 40; new-energy vehicles 2024: 47 of 50;
- new-energy share of all new vehicles: just below 50% in 2023, 50.2% afterwards; piles : vehicles 1:4 in May 2024;
- 3A enterprises: three in 2024, one certificate revoked in April 2025, so behind until November 2025;
- the enterprise platform was due in 2024 and came in March 2025.
"""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from functools import cache
from pathlib import Path

import numpy as np
from green_freight.programme import programme

from demo_city.contract_facts import csv_rows
from demo_city.random_generator import SHANGHAI, entered_at

FIRST_DAY = programme().first_day
BEFORE_START = datetime.combine(FIRST_DAY - timedelta(days=1), time(10), SHANGHAI)


@cache
def event_rows(name: str) -> list[dict[str, str]]:
    """Return the rows of a file in `demo_city/events`, by its name without the ending."""
    return csv_rows(Path(__file__).parent / "events" / f"{name}.csv")


def monthly_counts(what: str, last_year: int) -> dict[tuple[int, int], int]:
    """Return how many things of a column of `monthly_counts.csv` begin by (year, month), where any do."""
    counts = {(int(row["year"]), int(row["month"])): int(row[what]) for row in event_rows("monthly_counts")}
    known = [year for year, _ in counts]
    months = ((year, month) for year in range(min(known), last_year + 1) for month in range(1, 13))
    found = {(year, month): counts[min(year, max(known)), month] for year, month in months}
    return {month: count for month, count in found.items() if count}


def recorded_at(rng: np.random.Generator, day: date) -> datetime:
    """Return when a bureau's register shows what happened on a day: what is older than the programme from its eve."""
    return BEFORE_START if day < FIRST_DAY else entered_at(rng, day)
