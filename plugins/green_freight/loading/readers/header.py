"""Finding the header of a table that people made: which cell is which column of the contract.

The header is found, not assumed: it is the row (or pair of rows, where titles are merged) whose titles match most
of the contract's names. Titles are compared without spaces, brackets, width and case.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from green_freight.contracts.model import Column, Contract
from green_freight.written_dates import plain

SEARCHED_ROWS = 30
_BRACKETED = re.compile(r"[(（\[【]([^)）\]】]*)[)）\]】]")
_SIGNS = re.compile(r"[()（）\[\]【】:：、,，*＊\"“”/_\-]")

NumberedRow = tuple[int, Sequence[Any]]


@dataclass
class Header:
    """Where the contract's columns stand: position by column, the titles, units in titles, the rows it takes."""

    first_row: int
    last_row: int
    places: dict[str, int]
    titles: list[str]
    units: dict[str, str] = field(default_factory=dict)

    @property
    def rank(self) -> tuple[int, int]:
        """Return how good a header is: more columns first, then one row before two (the upper may be a title)."""
        return len(self.places), self.first_row - self.last_row

    def unknown(self) -> list[str]:
        """Return titles that stand for no column of the contract."""
        taken = set(self.places.values())
        return [title for place, title in enumerate(self.titles) if title and place not in taken]

    def missing(self, contract: Contract) -> list[Column]:
        """Return the contract's columns that the header does not have and no rule fills."""
        return [c for c in contract.columns if c.name not in self.places and c.value_from is None]


def find_header(contract: Contract, rows: Sequence[NumberedRow]) -> Header | None:
    """Return the best header within the first rows, or None where less than half of the needed titles match."""
    best: Header | None = None
    for index in range(min(len(rows), SEARCHED_ROWS)):
        for depth in (1, 2):
            if index + depth > len(rows):
                continue
            found = _header(contract, rows[index : index + depth])
            if best is None or found.rank > best.rank:
                best = found
    needed = [column for column in contract.columns if column.stops_when_absent and column.value_from is None]
    if best is None or 2 * len(best.places) < len(needed) or not best.places:
        return None
    return best


def _header(contract: Contract, rows: Sequence[NumberedRow]) -> Header:
    names = [[_title(cell) for cell in cells] for _, cells in rows]
    if len(names) == 1:
        upper, lower = names[0], [""] * len(names[0])
    else:
        width = max(map(len, names))
        upper = _spread(names[0] + [""] * (width - len(names[0])))
        lower = names[1] + [""] * (width - len(names[1]))
    places = _match(contract, upper, lower)
    titles = [f"{above} {below}".strip() for above, below in zip(upper, lower, strict=True)]
    units = {
        name: unit
        for name, place in places.items()
        if (unit := _unit_of(lower[place]) or _unit_of(upper[place])) is not None
    }
    return Header(rows[0][0], rows[-1][0], places, titles, units)


def _match(contract: Contract, upper: list[str], lower: list[str]) -> dict[str, int]:
    # From the most specific wording to the least, so that 其中/集中配送 is not taken for 集中且夜间配送's column.
    wordings = (
        [f"{above}{below}" for above, below in zip(upper, lower, strict=True)],
        lower,
        [above if not below else "" for above, below in zip(upper, lower, strict=True)],
        upper,
    )
    places: dict[str, int] = {}
    for wording in wordings:
        taken = set(places.values())
        titles = {place: _forms(title) for place, title in enumerate(wording) if title and place not in taken}
        for column in contract.columns:
            if column.name in places:
                continue
            names = frozenset[str]().union(*map(_forms, column.source_names))
            for place, title in titles.items():
                if not names.isdisjoint(title):
                    places[column.name] = place
                    del titles[place]
                    break
    return places


# Up to thirty rows of a file are compared with the same names, and a workbook repeats its cells.
@lru_cache(maxsize=4096)
def _forms(title: str) -> frozenset[str]:
    text = plain(title)
    whole, without = _SIGNS.sub("", text), _SIGNS.sub("", _BRACKETED.sub("", text))
    return frozenset({whole, without or whole})


def _spread(titles: list[str]) -> list[str]:
    # A merged title stands in its first cell only.
    spread: list[str] = []
    for title in titles:
        spread.append(title or (spread[-1] if spread else ""))
    return spread


def _title(cell: Any) -> str:
    return cell.strip() if isinstance(cell, str) else ""


def _unit_of(title: str) -> str | None:
    found = _BRACKETED.search(title)
    return plain(found[1]).removeprefix("单位").lstrip(":") if found else None
