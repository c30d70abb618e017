"""Figures and contents as a publication could have them, for what no demonstration city does."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from green_freight.evidence.contents import Contents, Proof
from green_freight.evidence.evidence_rows import CountedRow, SourceFile
from green_freight.evidence.figures import Figure, Publication, Request, Unit, Work
from green_freight.periods import SHANGHAI

_FIGURE = Figure(
    indicator_code="pile_vehicle_ratio", name_zh="可用充电桩与新能源配送车辆之比", display_order=13, unit_zh="比值",
    decimals=4, measure_kind_code="ratio", plan_words_zh="不低于1:4", formula_zh="桩 ÷ 车", note_zh=None,
    owner_zh="市工信局", year=2024, period_month=date(2024, 12, 1), as_of_date=date(2024, 12, 31),
    target_value=Decimal("0.25"), target_text_zh="不低于1:4", actual_value=Decimal("0.666667"),
    numerator=Decimal("2.000000"), denominator=Decimal("3.000000"), completion_ratio=None, status_code="met",
    null_reason_code=None, milestone_achieved_on=None, milestone_reported_on=None, is_reported_after_year=None,
    plan_total_value=None, cumulative_value=None, remaining_value=None, cumulative_completion_ratio=None,
    cumulative_expected_value=None, yearly_targets_due_value=None, cumulative_status_code=None,
    revision_state_code="final", is_stale=False, is_synthetic=False,
)  # fmt: skip

_PUBLICATION = Publication(
    publication_no=7, published_at=datetime(2025, 1, 10, 2, tzinfo=SHANGHAI), kind_code="backfill", reason="更正登记",
    as_of_date=date(2025, 1, 9), code_version="abc", stale_agencies=[], reverted_to=None, approved_by=None,
    approved_at=None, approval_reason=None,
)  # fmt: skip

_WORK = Work(5, "充电设施建设", "加强基础设施建设", "着力推进充电桩建设", (Unit("市工信局", "lead"),))


def figure(**changed: Any) -> Figure:
    """Return a ratio of 2 to 3, changed as told."""
    return replace(_FIGURE, **changed)


def counted(numerator: int, denominator: int) -> list[CountedRow]:
    """Return so many rows of weight 1 in the parts of a figure."""
    parts = ["numerator"] * numerator + ["denominator"] * denominator
    return [
        CountedRow(part, "vehicle", f"transport:V{n}", Decimal(1), None, "f" * 20, None, n)
        for n, part in enumerate(parts, start=1)
    ]


def contents(*figures: Figure, **changed: Any) -> Contents:
    """Return contents without counted rows, of a publication changed as told."""
    publication = replace(_PUBLICATION, **changed)
    proofs = tuple(Proof(one, (), ()) for one in figures)
    return Contents("连云港市", publication, _WORK, Request(5, 2024), proofs, {}, {})


def source_file(sha256: str, file_name: str = "月报/1月.xlsx") -> SourceFile:
    """Return a file of the commerce bureau's report of a month."""
    return SourceFile(sha256[:20], "commerce", "monthly_report", "2024-01", file_name, sha256, 3, "", sha256)
