"""Chinese and English labels of codes, read from the seed `label.csv`: the only place where they are stated."""

from __future__ import annotations

import csv
from functools import cache
from typing import NamedTuple

from green_freight.messages import message
from green_freight.settings import PROJECT

SEED = PROJECT / "dbt_project" / "seeds" / "label.csv"


class Label(NamedTuple):
    """A code's label in Chinese and English."""

    zh: str
    en: str

    @property
    def both(self) -> str:
        """Return the label as tables for two readerships show it: `达标 met`."""
        return f"{self.zh} {self.en}"


def seed_rows() -> list[dict[str, str]]:
    """Return the rows of the seed, in its order."""
    with SEED.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@cache
def labels(kind: str) -> dict[str, Label]:
    """Return the labels of one kind of code (`status` …) in their order of display; KeyError: no such kind."""
    rows = [row for row in seed_rows() if row["kind"] == kind]
    if not rows:
        raise KeyError(message("unknown_label_kind", file=SEED.name, kind=kind))
    rows.sort(key=lambda row: int(row["sort_order"]))
    return {row["code"]: Label(row["label_zh"], row["label_en"]) for row in rows}


def label(kind: str, code: str) -> Label:
    """Return a code's label; a code of another version of the project, which the seed lacks, stands for itself."""
    return labels(kind).get(code, Label(code, code))
