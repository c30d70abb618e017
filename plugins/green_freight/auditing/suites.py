"""Reading the suites as they stand in `expectations/suites`: one JSON file a candidate table."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from green_freight.settings import PROJECT

EXPECTATIONS = PROJECT / "expectations"

# The names by which Great Expectations knows the candidate and what is judged of each table.
DATASOURCE = "candidate"
BATCH = "this build"

# Rows of a failure that a verdict keeps.
SAMPLE_ROWS = 20

# What every expectation says of itself: its code, the rule, and what an operator does when it fails.
WORDS = {"code", "zh", "en", "todo_zh", "todo_en"}


@dataclass(frozen=True)
class Suite:
    """The expectations of one candidate table.

    `key` names the columns that tell a bad row; `month_column` that of a large fact's months, of which only those of
    the build are judged (None: the whole table).
    """

    table: str
    key: tuple[str, ...]
    month_column: str | None
    expectations: tuple[dict[str, Any], ...]

    def result_format(self, detail: str) -> dict[str, Any]:
        """Return what Great Expectations shall tell of bad rows: `SUMMARY` or `COMPLETE`, with their keys."""
        return {
            "result_format": detail,
            "partial_unexpected_count": SAMPLE_ROWS,
            "unexpected_index_column_names": list(self.key),
        }


def read_suites(folder: Path = EXPECTATIONS) -> list[Suite]:
    """Return the suites in the order of their tables.

    Raises:
        ValueError: a suite is not named like its file, an expectation lacks its severity, code or words, or two
            have one code or say the same.
    """
    return [_read(path) for path in sorted((folder / "suites").glob("*.json"))]


def _read(path: Path) -> Suite:
    text = json.loads(path.read_text(encoding="utf-8"))
    if text["name"] != path.stem:
        raise ValueError(f"{path.name} names its suite {text['name']!r}; both are the table's name")
    for expectation in text["expectations"]:
        if not expectation.get("meta", {}).keys() >= WORDS or "severity" not in expectation:
            raise ValueError(
                f"{path.name}: {expectation['type']} needs a severity and meta with {', '.join(sorted(WORDS))}"
            )
    _refuse_twins(path.name, text["expectations"])
    meta = text["meta"]
    return Suite(path.stem, tuple(meta["key"]), meta.get("month_column"), tuple(text["expectations"]))


def _refuse_twins(name: str, expectations: list[dict[str, Any]]) -> None:
    """A verdict is found by its code, and Great Expectations may merge two expectations that say the same."""
    sayings = [json.dumps([one["type"], one["kwargs"]], sort_keys=True) for one in expectations]
    for told in ([one["meta"]["code"] for one in expectations], sayings):
        twins = sorted({one for one in told if told.count(one) > 1})
        if twins:
            raise ValueError(f"{name}: stands twice: {', '.join(twins)}")
