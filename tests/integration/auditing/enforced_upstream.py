"""The catalogue of rules that are enforced before the audit (enforced_upstream.yml)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from green_freight.messages import read_words


@dataclass(frozen=True)
class UpstreamRule:
    """A rule of a table: what breaks it in the candidate, and what enforces it before."""

    table: str
    code: str
    by: tuple[str, ...]
    set: Mapping[str, Any] = field(default_factory=dict)
    delete: str = ""

    @property
    def can_be_broken(self) -> bool:
        """Tell whether the candidate can hold a row that breaks the rule."""
        return bool(self.set or self.delete)

    @property
    def statement(self) -> str:
        """Return the statement that breaks the rule, in every row."""
        if self.delete:
            return f"delete from candidate.{self.table} where {self.delete}"
        changes = ", ".join(f"{column} = {value}" for column, value in self.set.items())
        return f"update candidate.{self.table} set {changes}"


RULES = [
    UpstreamRule(table, code, **{key: tuple(v) if key == "by" else v for key, v in rule.items()})
    for table, rules in read_words(Path(__file__).with_suffix(".yml")).items()
    for code, rule in rules.items()
]
