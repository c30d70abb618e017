"""The plan's indicators and targets (连政办发〔2023〕2号), written down from the document for the truth alone.

The warehouse has its own copy as dbt seeds; the two are kept apart on purpose, so that one can prove the other.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

YEARLY_ADDITION = "yearly_addition"
CUMULATIVE_STOCK = "cumulative_stock"
STOCK_RATIO = "stock_ratio"
PERIOD_TO_DATE_RATIO = "period_to_date_ratio"
YEARLY_RATIO = "yearly_ratio"
STOCK_AT_PERIOD_END = "stock_at_period_end"
MILESTONE = "milestone"
AMOUNT = "amount"
RATIOS = frozenset({STOCK_RATIO, PERIOD_TO_DATE_RATIO, YEARLY_RATIO})

PROGRAMME_YEARS = (2023, 2024, 2025)
ONE_OFF_MILESTONES = frozenset({"pharma_delivery_system", "enterprise_alliance_founded"})


@dataclass(frozen=True)
class PlannedIndicator:
    """One indicator: its key work, the kind of its target, first lead unit, and the years' numeric targets."""

    code: str
    work_no: int
    kind: str
    lead_unit: str
    targets: dict[int, Decimal]


def _plan(code: str, work_no: int, kind: str, lead_unit: str, *targets: str) -> PlannedIndicator:
    """Take the targets of 2023, 2024, 2025; "–" is no target that year, which is not a target of 0."""
    numeric = {
        year: Decimal(text) for year, text in zip(PROGRAMME_YEARS, targets, strict=False) if text != "–"
    }
    return PlannedIndicator(code, work_no, kind, lead_unit, numeric)


_TRANSPORT, _INDUSTRY, _POLICE, _COMMERCE = "市交通运输局", "市工信局", "市公安局", "市商务局"
_DEVELOPMENT = "市发改委"
INDICATORS: tuple[PlannedIndicator, ...] = (
    _plan("work_plan_issued", 1, MILESTONE, _TRANSPORT),
    _plan("yearly_assessment_done", 1, MILESTONE, _TRANSPORT),
    _plan("supervision_done", 2, MILESTONE, _TRANSPORT),
    _plan("policy_evaluation_done", 2, MILESTONE, _TRANSPORT),
    _plan("bulletin_issued", 2, MILESTONE, _TRANSPORT),
    _plan("fund_budgeted_yuan", 3, AMOUNT, _TRANSPORT),
    _plan("fund_paid_yuan", 3, AMOUNT, _TRANSPORT),
    _plan("node_level1_added", 4, YEARLY_ADDITION, _TRANSPORT, "1", "1", "1"),
    _plan("node_level2_added", 4, YEARLY_ADDITION, _TRANSPORT, "4", "2", "2"),
    _plan("terminal_station_added", 4, YEARLY_ADDITION, _TRANSPORT, "30", "40", "10"),
    _plan("charging_station_added", 5, YEARLY_ADDITION, _INDUSTRY, "2", "2", "1"),
    # the row is shifted in the printed table: 100, 150, 50
    _plan("charging_pile_added", 5, YEARLY_ADDITION, _INDUSTRY, "100", "150", "50"),
    _plan("pile_vehicle_ratio", 5, STOCK_RATIO, _INDUSTRY, "0.25", "0.25", "0.25"),
    _plan("stopping_place_added", 6, YEARLY_ADDITION, _POLICE, "30", "40", "10"),
    _plan("tricycle_marking_share", 7, STOCK_RATIO, _TRANSPORT, "1", "1", "1"),
    _plan("nev_added", 8, YEARLY_ADDITION, _TRANSPORT, "70", "50", "30"),
    _plan("nev_share_of_new", 8, PERIOD_TO_DATE_RATIO, _TRANSPORT, "0.5", "0.5", "0.5"),
    _plan("nev_share_of_initial_stock", 8, PERIOD_TO_DATE_RATIO, _TRANSPORT, "–", "–", "0.2"),
    _plan("capacity_survey_done", 9, MILESTONE, _POLICE),
    _plan("noncompliant_vehicle_removed", 9, YEARLY_ADDITION, _POLICE),
    _plan("passage_policy_issued", 10, MILESTONE, _POLICE),
    _plan("public_platform", 11, STOCK_AT_PERIOD_END, _TRANSPORT, "–", "1", "–"),
    _plan("enterprise_platform", 12, STOCK_AT_PERIOD_END, _TRANSPORT, "–", "1", "–"),
    _plan("joint_delivery_share", 13, YEARLY_RATIO, _COMMERCE, "0.40", "0.45", "0.50"),
    _plan("cold_vehicle_share", 14, STOCK_RATIO, _COMMERCE, "0.005", "0.005", "0.005"),
    _plan("pharma_delivery_system", 15, MILESTONE, _COMMERCE),
    _plan("enterprise_3a", 16, CUMULATIVE_STOCK, _DEVELOPMENT, "1", "2", "3"),
    _plan("enterprise_alliance_founded", 16, MILESTONE, _DEVELOPMENT),
)
