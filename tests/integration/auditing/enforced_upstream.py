"""The catalogue of rules that are enforced before the audit (enforced_upstream.yml)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml


@dataclass(frozen=True)
class UpstreamRule:
    """A rule of a table: what breaks it in the candidate, and what enforces it before."""

    table: str
    code: str
    by: tuple[str, ...]
    set: Mapping[str, Any] = field(default_factory=dict)
    delete: str = ""

    @property
    def statement(self) -> str:
        """Return the statement that breaks the rule."""
        if self.delete:
            return f"delete from candidate.{self.table} where {self.delete}"
        changes = ", ".join(f"{column} = {value}" for column, value in self.set.items())
        return f"update candidate.{self.table} set {changes}"


RULES = [
    UpstreamRule(table, code, **{key: tuple(v) if key == "by" else v for key, v in rule.items()})
    for table, rules in yaml.safe_load(Path(__file__).with_suffix(".yml").read_text(encoding="utf-8")).items()
    for code, rule in rules.items()
]


def rounds(table: str) -> Iterator[list[UpstreamRule]]:
    """Yield the rules of a table in rounds within which no two change the same column or remove rows."""
    left = [rule for rule in RULES if rule.table == table and (rule.set or rule.delete)]
    while left:
        chosen: list[UpstreamRule] = []
        for rule in left:
            used = {column for one in chosen for column in one.set}
            if not chosen or (rule.set and not used & rule.set.keys()):
                chosen.append(rule)
        left = [rule for rule in left if rule not in chosen]
        yield chosen
