"""How a key work stands by the statuses of its indicators: the seed `work_status.csv`, which the model `unit_scorecard`
reads as well."""

from __future__ import annotations

import csv
from collections.abc import Iterable
from functools import cache

from green_freight.settings import PROJECT

SEED = PROJECT / "dbt_project" / "seeds" / "work_status.csv"
LAGGING = "lagging"


def work_status(status_codes: Iterable[str]) -> str:
    """Return how a work stands whose indicators have these statuses: as the one that comes first in the seed."""
    return min(_by_status()[code] for code in status_codes)[1]


def is_lagging(status_code: str) -> bool:
    """Tell whether an indicator of a status makes its work lag."""
    return _by_status()[status_code][1] == LAGGING


@cache
def _by_status() -> dict[str, tuple[int, str]]:
    with SEED.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    return {row["status_code"]: (int(row["priority"]), row["work_status_code"]) for row in rows}
