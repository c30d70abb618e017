"""One published figure and how a build or a publication changes it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import NamedTuple


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

    `is_restatement`: it was published as final. `cause_codes` and `approval_codes` are codes of the labels `cause`
    and `approval_reason`, `dataset_ids` the datasets that it depends on and that were loaded since.
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
