"""The Chinese words and number formats of a pack."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal

from green_freight.agencies import AGENCIES
from green_freight.evidence.figures import Figure
from green_freight.labels import label
from green_freight.periods import SHANGHAI

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
        return label("milestone_state", "done" if value > 0 else "not_done").zh
    if figure.unit_zh == "%":
        return f"{value * 100:.{figure.decimals}f}%"
    number = f"{value:,.{figure.decimals}f}"
    return number if figure.measure_kind_code == "ratio" else f"{number}{figure.unit_zh}"


def with_unit(value: Decimal | None, unit: str) -> str:
    """Return an exact number with its unit, a dash for none."""
    return EMPTY if value is None else f"{exact(value)}{unit}"


def part(part_code: str) -> str:
    """Return what a part of a figure is called in Chinese."""
    return label("figure_part", part_code).zh


def title(figure: Figure) -> str:
    """Return the title of a figure's evidence."""
    return f"{figure.name_zh} {figure.year}年佐证明细"


def target(figure: Figure) -> str:
    """Return a figure's target in the plan's words; a dash is no target, not 0."""
    return (figure.target_text_zh or EMPTY).replace("–", EMPTY)


def status(figure: Figure) -> str:
    """Return how a figure stands, with what limits it."""
    limits = [label("revision_state", figure.revision_state_code).zh]
    if figure.is_stale:
        limits.append(label("timeliness", "stale").zh)
    return f"{label('status', figure.status_code).zh}（{'，'.join(limits)}）"


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
