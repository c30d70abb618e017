"""What a benchmark found: one row of named figures for each thing that it measured."""

from __future__ import annotations

import argparse
import json
from collections.abc import Mapping, Sequence
from pathlib import Path

Figure = str | int | float
Row = Mapping[str, Figure]


class Results:
    """The rows of one benchmark, printed and written to a file as they are found."""

    def __init__(self, path: Path | None = None) -> None:
        self.path = path
        self.rows: list[Row] = []

    def add(self, what: str, **figures: Figure) -> None:
        """Add a row; what was found so far is kept where a benchmark ends early."""
        self.rows.append({"what": what, **figures})
        cells = (f"{name.replace('_', ' ')} {_text(value)}" for name, value in figures.items())
        print(f"{what:44} {', '.join(cells)}", flush=True)
        if self.path:
            text = json.dumps(self.rows, ensure_ascii=False, indent=1)
            self.path.write_text(text + "\n", encoding="utf-8")


def parser(description: str | None) -> argparse.ArgumentParser:
    """Return the parser of a benchmark's options, with the one that all have."""
    made = argparse.ArgumentParser(
        description=description, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    made.add_argument("--json", type=Path, metavar="FILE", help="write the rows to this file, too")
    return made


def table(rows: Sequence[Row]) -> str:
    """Return rows as Markdown tables: one for each run of rows with the same figures."""
    lines: list[str] = []
    titles: list[str] = []
    for row in rows:
        if titles != list(row):
            titles = list(row)
            aligned = ["---" if isinstance(value, str) else "--:" for value in row.values()]
            heads = [name.replace("_", " ") if name != "what" else "" for name in titles]
            lines += ["", _line(heads), f"|{'|'.join(aligned)}|"]
        lines.append(_line([_text(value).replace("|", "\\|") for value in row.values()]))
    return "\n".join(lines).strip("\n")


def _line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _text(value: Figure) -> str:
    if isinstance(value, float):
        return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"
    return f"{value:,}" if isinstance(value, int) else value
