"""What happens in the demonstration city: how many of each thing begin and end in which month.

The counts are fixed, so that the scorecard is the same for every seed; days within a month, names and
amounts are drawn. On purpose not every target is met:

- charging piles 2023: 88 of 100 (not met; the missing ones came in 2024); behind in 2025 until the fifth station opens;
- level-1 nodes 2024: none (not met; the missing one came in February 2025, late);
- terminal stations 2023: 26 of 30 (not met); stopping places 2024: 36 of 40; new-energy vehicles 2024: 47 of 50;
- new-energy share of all new vehicles: just below 50% in 2023, 50.2% afterwards; piles : vehicles 1:4 in May 2024;
- 3A enterprises: three in 2024, one certificate revoked in April 2025, so behind until November 2025;
- the enterprise platform was due in 2024 and came in March 2025.
"""

from __future__ import annotations

from datetime import date

Monthly = dict[tuple[int, int], int]


def _year(year: int, *counts: int) -> Monthly:
    return {(year, month): n for month, n in enumerate(counts, 1) if n}


# vehicles: 1,700 in service when 2023 begins, 720 of them new-energy
INITIAL_NEW_ENERGY = 720
INITIAL_FUEL = 980
NEW_ENERGY_NEW: Monthly = (
    _year(2023, 4, 5, 6, 7, 6, 8, 6, 5, 7, 6, 7, 5)
    | _year(2024, 3, 3, 5, 4, 4, 5, 4, 3, 4, 4, 5, 3)
    | _year(2025, 2, 2, 3, 3, 2, 3, 2, 2, 3, 3, 3, 3)
    | _year(2026, *[1] * 12)
)
# fuel vehicles newly put into service, and renewals of either kind (every fifth is a new-energy renewal)
OTHER_ENTRIES: Monthly = (
    _year(2023, 6, 6, 7, 6, 6, 7, 6, 6, 6, 6, 7, 6)
    | _year(2024, 4, 3, 4, 3, 4, 4, 3, 4, 3, 4, 4, 3)
    | _year(2025, 3, 2, 2, 3, 2, 3, 2, 2, 3, 3, 3, 2)
    | _year(2026, *[1] * 12)
)
# a refrigerated or insulated body is given to the first new new-energy vehicle of these months
COLD_BODY_MONTHS = ((2023, 4), (2024, 2), (2025, 3))
INITIAL_COLD = 8

STOPPING_PLACES: Monthly = (
    _year(2023, 0, 3, 3, 4, 4, 3, 3, 2, 3, 3, 2, 2)
    | _year(2024, 2, 2, 4, 4, 4, 4, 3, 3, 3, 3, 2, 2)
    | _year(2025, 0, 0, 2, 0, 2, 0, 2, 1, 2, 1, 1, 1)
    | _year(2026, 0, 0, 1, 0, 0, 1)
)
TERMINAL_STATIONS: Monthly = (
    _year(2023, 0, 0, 4, 4, 3, 4, 2, 2, 2, 2, 2, 1)
    | _year(2024, 4, 2, 4, 4, 5, 5, 4, 4, 3, 4, 3, 2)
    | _year(2025, 0, 2, 0, 2, 0, 2, 0, 1, 1, 0, 1, 1)
    | _year(2026, 0, 0, 2, 0, 0, 1)
)
LEVEL1_NODES: Monthly = {(2023, 9): 1, (2025, 2): 1, (2025, 11): 1}
LEVEL2_NODES: Monthly = {(2023, 4): 1, (2023, 6): 1, (2023, 9): 1, (2023, 12): 1} | {
    (2024, 5): 1,
    (2024, 12): 1,
    (2025, 6): 1,
    (2025, 12): 1,
}

TRICYCLES_INITIAL = 570
TRICYCLES_ADDED: Monthly = (
    _year(2023, 1, 0, 1, 1, 1, 1, 1, 1, 1, 1, 1, 0)
    | _year(2024, 1, 0, 1, 1, 1, 1, 1, 1, 1, 1, 1, 0)
    | _year(2025, 1, 1, 1, 1, 0, 1, 1, 2, 1, 0, 1, 0)
    | _year(2026, 1, 0, 0, 1)
)

PUBLIC_PLATFORM_ON = date(2024, 11, 8)
ENTERPRISE_PLATFORM_ON = date(2025, 3, 18)
