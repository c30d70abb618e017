"""The Chinese words and number formats of a pack."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal

from green_freight.agencies import AGENCIES
from green_freight.evidence.figures import Figure
from green_freight.periods import SHANGHAI

PARTS = {"numerator": "分子", "denominator": "分母"}
ROLES = {"lead": "牵头单位", "co_responsible": "共同责任单位"}
STATUSES = {
    "met": "达标",
    "not_met": "未达标",
    "on_track": "符合进度",
    "behind": "滞后",
    "no_target": "无目标",
    "no_data": "无数据",
}
REVISION_STATES = {"provisional": "暂定", "final": "最终"}
RUN_KINDS = {"nightly": "每日更新", "backfill": "历史回补", "revert": "恢复旧发布"}
CAUSES = {
    "first": "首次发布",
    "progress": "时间推进",
    "late_data": "迟到数据",
    "correction": "更正",
    "deletion": "删除",
    "definition": "口径变更",
    "revert": "恢复",
    "unexplained": "未能解释",
}
NULL_REASONS = {"no_data": "无数据：没有收到所需的报送", "zero_denominator": "分母为零，无法计算"}
SYNTHETIC = "演示数据"
SYNTHETIC_SENTENCE = "演示数据：本材料依据合成数据生成，不是本市的真实数据，不代表任何真实情况"
EMPTY = "—"


def agency(code: str) -> str:
    """Return an agency's Chinese name."""
    return AGENCIES[code].name_zh


def delivery(agency_code: str, name: str) -> str:
    """Return what a delivery is called in Chinese."""
    return AGENCIES[agency_code].delivery(name).title_zh


def exact(value: Decimal | None) -> str:
    """Return a number with all its decimals and no idle zeros (1,234.5), a dash for none."""
    if value is None:
        return EMPTY
    whole = value.to_integral_value()
    return f"{whole:,f}" if value == whole else f"{value.normalize():,f}"


def figure_value(figure: Figure, value: Decimal | None) -> str:
    """Return an indicator's value as its card reads: per cent, yuan and ratios with decimals, milestones in words."""
    if value is None:
        return EMPTY
    if figure.measure_kind_code == "milestone":
        return "已完成" if value > 0 else "未完成"
    if figure.unit_zh == "%":
        return f"{value * 100:.{figure.decimals}f}%"
    number = f"{value:,.{figure.decimals}f}"
    return number if figure.measure_kind_code == "ratio" else f"{number}{figure.unit_zh}"


def with_unit(value: Decimal | None, unit: str) -> str:
    """Return an exact number with its unit, a dash for none."""
    return EMPTY if value is None else f"{exact(value)}{unit}"


def title(figure: Figure) -> str:
    """Return the title of a figure's evidence."""
    return f"{figure.name_zh} {figure.year}年佐证明细"


def target(figure: Figure) -> str:
    """Return a figure's target in the plan's words; a dash is no target, not 0."""
    return (figure.target_text_zh or EMPTY).replace("–", EMPTY)


def status(figure: Figure) -> str:
    """Return how a figure stands, with what limits it."""
    limits = [REVISION_STATES[figure.revision_state_code], *(["数据未齐"] if figure.is_stale else [])]
    return f"{STATUSES[figure.status_code]}（{'，'.join(limits)}）"


def day(value: date) -> str:
    """Return a date as official documents write it: 2024年12月31日."""
    return f"{value.year}年{value.month}月{value.day}日"


def readable(value: object) -> str:
    """Return a value of a counted thing as text."""
    return EMPTY if value is None else day(value) if isinstance(value, date) else str(value)


def minute(value: datetime) -> str:
    """Return an instant in Beijing time, to the minute."""
    local = value.astimezone(SHANGHAI)
    return f"{day(local.date())}{local:%H:%M}"
