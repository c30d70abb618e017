"""One figure and what becomes of it: the plain words in which comparing, approving and showing talk."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import NamedTuple

CAUSES = {
    "first": ("首次", "first"),
    "progress": ("时间推进", "time went on"),
    "late_data": ("迟到数据", "late data"),
    "correction": ("更正", "correction"),
    "deletion": ("删除", "deletion"),
    "definition": ("口径", "definition"),
    "revert": ("恢复旧发布", "revert"),
    "unexplained": ("未能解释", "unexplained"),
}
APPROVALS = {
    "status_flip": ("完成与否翻转", "met or not met flips"),
    "final_change": ("最终值变化超限", "a final figure changes beyond the limit"),
    "unexplained": ("未能解释", "nothing explains it"),
    "undoes_revert": ("回到已被恢复掉的值", "it brings back what a revert took away"),
}
STATUSES = {
    "met": ("完成", "met"),
    "not_met": ("未完成", "not met"),
    "on_track": ("符合进度", "on track"),
    "behind": ("滞后", "behind"),
    "no_target": ("无目标", "no target"),
    "no_data": ("无数据", "no data"),
}


class FigureKey(NamedTuple):
    """Which figure: an indicator of a region (GB/T 2260) in a month, given by its first day."""

    city_code: str
    indicator_code: str
    region_code: str
    period_month: date


class Values(NamedTuple):
    """What is published of a figure, in the indicator's unit; None where it has no such part."""

    numerator: Decimal | None
    denominator: Decimal | None
    actual_value: Decimal | None
    target_value: Decimal | None
    status_code: str | None


NOTHING = Values(None, None, None, None, None)


@dataclass(frozen=True)
class FigureChange:
    """A figure that a publication changes: from `old` (None: it is new) to `new` (None: it goes).

    `is_restatement`: it was published as final. `cause_codes` are keys of CAUSES, `approval_codes` of APPROVALS,
    `dataset_ids` the datasets that it depends on and that were loaded since.
    """

    key: FigureKey
    name_zh: str
    name_en: str
    old: Values | None
    new: Values | None
    is_restatement: bool
    cause_codes: tuple[str, ...]
    dataset_ids: tuple[str, ...] = ()
    approval_codes: tuple[str, ...] = ()

    @property
    def needs_approval(self) -> bool:
        """Tell whether somebody has to approve it before it is published."""
        return bool(self.approval_codes)
