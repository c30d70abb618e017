"""The plan's indicators and targets as the truth needs them.

Numbers come from the plan's seeds. When milestones are due is stated here a second time, from the plan's text
(连政办发〔2023〕2号, attachment), so that a seed that misreads it differs from the truth. The city's figures come
from its own events alone.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path

from green_freight.settings import PROJECT

from demo_city.contract_facts import csv_rows

# The plan writes “每年” in one cell only, that of works (1) and (2): their milestones recur each year. Every other
# milestone is asked for once, by the end of the demonstration period.
YEARLY_WORKS = frozenset({1, 2})
PERIOD_YEARS = (2023, 2024, 2025)
PERIOD_END = date(2025, 12, 31)
# Additions of the whole period against a stock of its first day: it grows until the period's end, whose target it has.
ACCUMULATING_SHARES = frozenset({"nev_share_of_initial_stock"})
GROWING_STOCKS = frozenset({"cumulative_stock", "stock_at_period_end"})
RATIOS = frozenset({"stock_ratio", "period_to_date_ratio", "yearly_ratio"})


@dataclass(frozen=True)
class PlannedIndicator:
    """One indicator: its key work, the kind of its target, first lead unit, and the years' numeric targets.

    A year without a number has no entry in `targets`: that is not a target of 0.
    """

    code: str
    work_no: int
    kind: str
    lead_unit: str
    targets: dict[int, Decimal]

    @property
    def is_milestone(self) -> bool:
        """Tell whether the target is a text that reports or policy documents fulfil."""
        return self.kind.endswith("milestone")

    @property
    def is_one_off(self) -> bool:
        """Tell whether a milestone is asked for once in the programme and not every year."""
        return self.is_milestone and self.work_no not in YEARLY_WORKS

    def due_on(self, year: int) -> date | None:
        """Return when a year's milestone is due; None outside the demonstration period."""
        if not self.is_milestone or year not in PERIOD_YEARS:
            return None
        return PERIOD_END if self.is_one_off else date(year, 12, 31)


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
    for row in rows("plan_target"):
        if row["target_value"]:
            targets[row["indicator_code"]][int(row["year"])] = Decimal(row["target_value"])
    return tuple(
        PlannedIndicator(
            code=row["indicator_code"],
            work_no=int(row["work_no"]),
            kind=row["target_kind"],
            lead_unit=leads[row["work_no"]],
            targets=targets[row["indicator_code"]],
        )
        for row in sorted(rows("plan_indicator"), key=lambda row: int(row["display_order"]))
    )


INDICATORS = planned_indicators(PROJECT / "dbt_project" / "seeds")
