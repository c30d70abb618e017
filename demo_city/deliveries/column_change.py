"""A column that the agency renamed away, added or filled with something else, all over one file."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, TypeVar

Row = dict[str, Any]
Title = TypeVar("Title")

GRADES = ("较高", "一般", "较低")
NEW_FIELD = "handled_by"
NEW_TITLE = "经办人"


@dataclass(frozen=True)
class ColumnChange:
    """`kind` is missing, new or retyped; `column` the contract field concerned."""

    kind: str
    column: str

    def titled(self, titles: dict[str, Any]) -> dict[str, Any]:
        """Return a table's titles by field after the change."""
        if self.kind == "missing":
            return {name: title for name, title in titles.items() if name != self.column}
        if self.kind == "new":
            sample = next(iter(titles.values()))
            return titles | {NEW_FIELD: (NEW_TITLE, "") if isinstance(sample, tuple) else NEW_TITLE}
        return titles

    def row(self, row: Row) -> Row:
        """Return a row after the change."""
        if self.kind == "missing":
            return {name: value for name, value in row.items() if name != self.column}
        if self.kind == "new":
            return row | {NEW_FIELD: "王经办"}
        return row | {self.column: GRADES[len(str(row.get(self.column))) % len(GRADES)]}
