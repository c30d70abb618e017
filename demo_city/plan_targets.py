"""The plan's indicators and targets as the truth needs them, from the plan's seeds.

The seeds are the plan itself; what the city's figures are is computed from its own events alone.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path

from green_freight.settings import PROJECT

from demo_city.contract_facts import csv_rows

MILESTONE = "milestone"
GROWING_STOCKS = frozenset({"cumulative_stock", "stock_at_period_end"})
RATIOS = frozenset({"stock_ratio", "period_to_date_ratio", "yearly_ratio"})


@dataclass(frozen=True)
class PlannedIndicator:
    """One indicator: its key work, the kind of its target, first lead unit, the years' numeric targets and due days.

    A year without a number has no entry in `targets`: that is not a target of 0.
    """

    code: str
    work_no: int
    kind: str
    lead_unit: str
    targets: dict[int, Decimal]
    due_on: dict[int, date]

    @property
    def is_one_off(self) -> bool:
        """Tell whether a milestone is due once in the programme and not every year."""
        return len(self.due_on) > 1 and len(set(self.due_on.values())) == 1


def planned_indicators(seeds: Path) -> tuple[PlannedIndicator, ...]:
    """Return the indicators of the plan in their order, from a folder with the seeds `plan_*.csv`."""

    def rows(seed: str) -> list[dict[str, str]]:
        return csv_rows(seeds / f"{seed}.csv")

    units = {row["unit_code"]: row["name_zh"] for row in rows("plan_unit")}
    leads = {
        row["work_no"]: units[row["unit_code"]]
        for row in rows("plan_responsibility")
        if (row["role_code"], row["stated_order"]) == ("lead", "1")
    }
    targets: defaultdict[str, dict[int, Decimal]] = defaultdict(dict)
    due_on: defaultdict[str, dict[int, date]] = defaultdict(dict)
    for row in rows("plan_target"):
        if row["target_value"]:
            targets[row["indicator_code"]][int(row["year"])] = Decimal(row["target_value"])
        if row["due_on"]:
            due_on[row["indicator_code"]][int(row["year"])] = date.fromisoformat(row["due_on"])
    return tuple(
        PlannedIndicator(
            code=row["indicator_code"],
            work_no=int(row["work_no"]),
            kind=row["target_kind"],
            lead_unit=leads[row["work_no"]],
            targets=targets[row["indicator_code"]],
            due_on=due_on[row["indicator_code"]],
        )
        for row in sorted(rows("plan_indicator"), key=lambda row: int(row["display_order"]))
    )


INDICATORS = planned_indicators(PROJECT / "dbt_project" / "seeds")
