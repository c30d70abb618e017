"""Reading the suites as they stand in `expectations/suites`: one JSON file a candidate table."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from green_freight.settings import PROJECT

EXPECTATIONS = PROJECT / "expectations"


@dataclass(frozen=True)
class Suite:
    """The expectations of one candidate table.

    `query` is what is judged where that is not the whole table (the large facts: the months of this build);
    `key` names the columns that tell a bad row.
    """

    table: str
    key: tuple[str, ...]
    query: str | None
    expectations: tuple[dict[str, Any], ...]


def read_suites(folder: Path = EXPECTATIONS) -> list[Suite]:
    """Return the suites in the order of their tables.

    Raises:
        ValueError: a suite is not named like its file, or an expectation lacks its code or its words.
    """
    return [_read(path) for path in sorted((folder / "suites").glob("*.json"))]


def _read(path: Path) -> Suite:
    text = json.loads(path.read_text(encoding="utf-8"))
    if text["name"] != path.stem:
        raise ValueError(f"{path.name} names its suite {text['name']!r}; both are the table's name")
    for expectation in text["expectations"]:
        if not {"code", "zh", "en"} <= expectation.get("meta", {}).keys() or "severity" not in expectation:
            raise ValueError(
                f"{path.name}: {expectation['type']} needs a severity and meta with code, zh and en"
            )
    meta = text["meta"]
    return Suite(path.stem, tuple(meta["key"]), meta.get("query"), tuple(text["expectations"]))
