"""A column that an agency left out, added or filled with something else, all over one delivery."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from demo_city.defects.model import Row
from demo_city.defects.registry import CHANGED_COLUMNS, NEW_COLUMN
from demo_city.defects.sampler import DefectSampler

KINDS = ("missing", "new", "retyped")
_GRADES = ("较高", "一般", "较低")


@dataclass(frozen=True)
class ColumnChange:
    """`kind` is one of KINDS; `column` is the contract's column concerned."""

    kind: str
    column: str

    def titles(self, titles: dict[str, Any]) -> dict[str, Any]:
        """Return a table's titles by field after the change."""
        if self.kind == "missing":
            return {name: title for name, title in titles.items() if name != self.column}
        return titles | {NEW_COLUMN: "经办人"} if self.kind == "new" else titles

    def row(self, row: Row) -> Row:
        """Return a row after the change."""
        if self.kind == "missing":
            return {name: value for name, value in row.items() if name != self.column}
        if self.kind == "new":
            return row | {NEW_COLUMN: "王经办"}
        return row | {self.column: _GRADES[len(str(row.get(self.column))) % len(_GRADES)]}


def column_change(sampler: DefectSampler, delivery: str, label: str) -> ColumnChange | None:
    """Return how a delivery's column that can change did so in one period, None if it did not."""
    for kind in KINDS:
        if sampler.happens(f"{delivery}_{kind}_column", label):
            return ColumnChange(kind, CHANGED_COLUMNS[delivery][1])
    return None
