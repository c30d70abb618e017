"""One published figure and how a build or a publication changes it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, Literal, NamedTuple, Self


class FigureKey(NamedTuple):
    """Which figure: an indicator of a region (GB/T 2260) in a month, given by its first day."""

    city_code: str
    indicator_code: str
    region_code: str
    period_month: date

    @classmethod
    def of(cls, row: Mapping[str, Any]) -> Self:
        """Return the key in a row of the database."""
        return cls(*(row[name] for name in cls._fields))


class Values(NamedTuple):
    """What is published of a figure, in the indicator's unit; None where it has no such part."""

    numerator: Decimal | None
    denominator: Decimal | None
    actual_value: Decimal | None
    target_value: Decimal | None
    status_code: str | None

    @classmethod
    def of(cls, row: Mapping[str, Any], side: Literal["old", "new"]) -> Self | None:
        """Return one side's values in a row of the database; None where the figure is absent, as each has a status."""
        values = cls(*(row[f"{side}_{name}"] for name in cls._fields))
        return None if values.status_code is None else values


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

    @classmethod
    def of(
        cls,
        row: Mapping[str, Any],
        cause_codes: Sequence[str],
        dataset_ids: Sequence[str] = (),
        approval_codes: Sequence[str] = (),
    ) -> Self:
        """Return the change in a row of the database, with its causes, datasets and reasons for an approval."""
        names = (row["indicator_name_zh"], row["indicator_name_en"])
        sides = (Values.of(row, "old"), Values.of(row, "new"))
        codes = (tuple(cause_codes), tuple(dataset_ids), tuple(approval_codes))
        return cls(FigureKey.of(row), *names, *sides, row["is_restatement"], *codes)

    @property
    def needs_approval(self) -> bool:
        """Tell whether somebody has to approve it before it is published."""
        return bool(self.approval_codes)
