"""The header of a table that people made: found, not assumed.

It is the row (or pair of rows, where titles are merged) whose titles match most of the contract's names, with the rows
of units and periods below it. Titles are compared without spaces, brackets, width and case. A column of another period
is none of the contract's; of several that could be meant none is taken.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from green_freight.contracts.model import Column, Contract
from green_freight.loading.cell_values import KNOWN_UNITS
from green_freight.loading.outcomes import LoadWarning, UnreadableFileError
from green_freight.loading.readers.title_months import period_mark, without_period
from green_freight.written_dates import plain

SEARCHED_ROWS = 30
_BRACKETED = re.compile(r"[(（\[【]([^)）\]】]*)[)）\]】]")
_LAST_BRACKET = re.compile(r"[(\[【]([^)\]】]*)[)\]】]$")
_SIGNS = re.compile(r"[()（）\[\]【】:：、,，*＊\"“”/_\-]")
_UNIT_TITLES = ("单位", "计量单位", "数量单位")
_AFTER_A_SIGN = re.compile(r"[/:：,，_-]([^/:：,，_-]+)$")

NumberedRow = tuple[int, Sequence[Any]]


@dataclass
class Header:
    """Where the contract's columns stand: position by column, the titles, the rows it takes.

    `qualifiers` are what stands beside a column's name: brackets, and the cells of units and periods below; `month` is
    the file's (yyyy-MM).
    `other_periods` and `ambiguous` are the titles, by column, that were not taken.
    """

    first_row: int
    last_row: int
    places: dict[str, int]
    titles: list[str]
    qualifiers: dict[str, list[str]] = field(default_factory=dict)
    other_periods: dict[str, list[str]] = field(default_factory=dict)
    ambiguous: dict[str, list[str]] = field(default_factory=dict)
    month: str | None = None

    @property
    def rank(self) -> tuple[int, int]:
        """Return how good a header is: more columns first, then one row before two (the upper may be a title)."""
        return len(self.places) + len(self.ambiguous), self.first_row - self.last_row

    def unknown(self) -> list[str]:
        """Return titles that stand for no column of the contract."""
        taken = set(self.places.values())
        return [title for place, title in enumerate(self.titles) if title and place not in taken]

    def unit_place(self) -> int | None:
        """Return the place of a column that states the unit of each row, None where there is none."""
        taken = set(self.places.values())
        found = (p for p, title in enumerate(self.titles) if plain(title) in _UNIT_TITLES and p not in taken)
        return next(found, None)

    def missing(self, contract: Contract) -> list[Column]:
        """Return the contract's columns that the header does not have and no rule fills."""
        return [c for c in contract.columns if c.name not in self.places and c.value_from is None]

    def check(self, contract: Contract, sheet: str | None) -> list[LoadWarning]:
        """Return warnings for optional columns that no title stands for without question.

        Raises UnreadableFileError where that is so of a column without which the contract stops.
        """
        found = []
        for code, columns in (("several_columns", self.ambiguous), ("other_period", self.other_periods)):
            for name, titles in columns.items():
                column, words = contract.column(name), "、".join(dict.fromkeys(titles))
                if name in self.places:
                    continue
                facts = {"column": column.title_zh, "found": words}
                if column.stops_when_absent:
                    raise UnreadableFileError.of(code, code, sheet, **facts)
                found.append(LoadWarning.of(code, column=name, title_zh=column.title_zh, found=words))
        return found


def find_header(contract: Contract, rows: Sequence[NumberedRow], month: str | None = None) -> Header | None:
    """Return the best header within the first rows, or None where less than half of the needed titles match.

    `month` (yyyy-MM) is the file's: it tells its columns from those of other months.
    """
    best: Header | None = None
    names = _all_forms(tuple(name for column in contract.columns for name in column.source_names))
    # Most of the rows are data, and compared with nothing.
    may_be = [_has_a_name(cells, names) for _, cells in rows[: SEARCHED_ROWS + 1]]
    for index in range(min(len(rows), SEARCHED_ROWS)):
        for depth in (1, 2):
            if index + depth > len(rows) or not any(may_be[index : index + depth]):
                continue
            end = index + depth
            while end < len(rows) and end < index + 4 and _qualifies(rows[end][1], month):
                end += 1
            if depth == 2 and _qualifies(rows[index + 1][1], month):
                continue
            found = _header(contract, rows[index : index + depth], rows[index + depth : end], month)
            if end > index + depth and not _stand_under_numbers(contract, found, rows[index + depth : end]):
                found = _header(contract, rows[index : index + depth], (), month)
            if best is None or found.rank > best.rank:
                best = found
            if found.rank == (len(contract.columns), 0):
                return found
    needed = [column for column in contract.columns if column.stops_when_absent and column.value_from is None]
    if best is None or 2 * best.rank[0] < len(needed) or not best.rank[0]:
        return None
    return best


def _has_a_name(cells: Sequence[Any], names: frozenset[str]) -> bool:
    return any(isinstance(cell, str) and not names.isdisjoint(_forms(cell)) for cell in cells)


def _qualifies(cells: Sequence[Any], month: str | None) -> bool:
    """Tell whether a row says nothing but units and periods."""
    filled = [cell for cell in cells if cell is not None and cell != ""]
    texts = [_bare(cell) for cell in filled if isinstance(cell, str)]
    return bool(texts) and len(texts) == len(filled) and all(_is_qualifier(text, month) for text in texts)


def _stand_under_numbers(contract: Contract, header: Header, rows: Sequence[NumberedRow]) -> bool:
    """Tell whether every word of the rows stands under a number or under no column: else it is a row of data."""
    by_place = {place: contract.column(name).logical_type for name, place in header.places.items()}
    by_row = [
        {by_place.get(place) for place, cell in enumerate(cells) if cell not in (None, "")}
        for _, cells in rows
    ]
    numbers: set[str | None] = {"number", "integer"}
    return all(found & numbers and found <= {*numbers, None} for found in by_row)


def _is_qualifier(text: str, month: str | None) -> bool:
    # 本月（吨）
    words = _BRACKETED.sub(lambda found: "" if found[1] in KNOWN_UNITS else found[0], text)
    mark = period_mark(words, month) if len(words) <= 12 else None
    is_period = mark is not None and (not without_period(words) or (mark == "other" and len(words) <= 6))
    return not words or words in KNOWN_UNITS or is_period


def _header(
    contract: Contract, rows: Sequence[NumberedRow], qualifying: Sequence[NumberedRow], month: str | None
) -> Header:
    width = max(len(cells) for _, cells in (*rows, *qualifying))
    names = [_padded(cells, width) for _, cells in rows]
    below = [_padded(cells, width) for _, cells in qualifying]
    upper = names[0]
    lower = names[1] if len(names) == 2 else [""] * width
    filled = ["".join(texts) for texts in zip(lower, *below, strict=True)]
    upper = _spread(upper, filled)
    if len(names) == 2:
        lower = _spread(
            lower, ["".join(texts) for texts in zip(*below, strict=True)] if below else [""] * width
        )
    titles = [" ".join(filter(None, texts)) for texts in zip(upper, lower, *below, strict=True)]
    found = Header(rows[0][0], (*rows, *qualifying)[-1][0], {}, titles, month=month)
    _match(contract, found, upper, lower, month)
    for name, place in found.places.items():
        of_title = [upper[place], lower[place]]
        found.qualifiers[name] = _qualifiers(contract.column(name), of_title, [row[place] for row in below])
    return found


def _match(contract: Contract, header: Header, upper: list[str], lower: list[str], month: str | None) -> None:
    # From the most specific wording to the least, so that 其中/集中配送 is not taken for 集中且夜间配送's column.
    wordings = (
        [f"{above}{below}" for above, below in zip(upper, lower, strict=True)],
        lower,
        [above if not below else "" for above, below in zip(upper, lower, strict=True)],
        upper,
    )
    for wording in wordings:
        taken = set(header.places.values())
        titles = {place: _forms(title) for place, title in enumerate(wording) if title and place not in taken}
        for column in contract.columns:
            if column.name in header.places or column.name in header.ambiguous:
                continue
            found = _of_the_period(column, header, wording, titles, month)
            if len(found) == 1:
                header.places[column.name] = found[0]
                del titles[found[0]]
            elif found:
                header.ambiguous[column.name] = [header.titles[place] for place in found]


def _of_the_period(
    column: Column, header: Header, wording: list[str], titles: dict[int, frozenset[str]], month: str | None
) -> list[int]:
    """Return the places that may be a column's: of the file's month, under the name that was agreed first."""
    ranks = {
        place: rank
        for place, forms in titles.items()
        if (rank := _rank(column, forms)) < len(column.source_names)
    }
    marks = {place: _mark(column, header.titles[place], wording[place], month) for place in ranks}
    header.other_periods.setdefault(column.name, []).extend(
        header.titles[place] for place, mark in marks.items() if mark == "other"
    )
    if not header.other_periods[column.name]:
        del header.other_periods[column.name]
    of_month = [place for place, mark in marks.items() if mark == "month"]
    kept = of_month or [place for place, mark in marks.items() if mark is None]
    best = min((ranks[place] for place in kept), default=0)
    return [place for place in kept if ranks[place] == best]


def _rank(column: Column, forms: frozenset[str]) -> int:
    for rank, name in enumerate(column.source_names):
        if not forms.isdisjoint(_name_forms(name)):
            return rank
    return len(column.source_names)


def _mark(column: Column, title: str, wording: str, month: str | None) -> str | None:
    # 统计月份 is a name, not a period.
    is_name = any(plain(wording) == plain(name) for name in column.source_names)
    return None if is_name and plain(title) == plain(wording) else period_mark(title, month)


def _qualifiers(column: Column, titles: list[str], below: list[str]) -> list[str]:
    """Return the texts beside a column's name: in brackets, behind a sign, in the cells below."""
    whole = {_SIGNS.sub("", plain(name)) for name in column.source_names}
    found = []
    for title in map(plain, titles):
        name = title
        # 共同(集中)配送量(吨): only what follows the name.
        while _SIGNS.sub("", name) not in whole and (last := _LAST_BRACKET.search(name)):
            found.append(last[1])
            name = name[: last.start()]
        found += [text for text in _BRACKETED.findall(name) if text in KNOWN_UNITS]
        behind = _AFTER_A_SIGN.search(name)
        if behind and behind[1] in KNOWN_UNITS:
            found.append(behind[1])
        if name in KNOWN_UNITS:
            found.append(name)
    return [*found, *(_bare(text) for text in below if text)]


# Up to thirty rows of a file are compared with the same names, and a workbook repeats its cells.
@lru_cache(maxsize=4096)
def _forms(title: str) -> frozenset[str]:
    text = plain(title)
    texts = {text, _BRACKETED.sub("", text), without_period(text), without_period(_BRACKETED.sub("", text))}
    behind = _AFTER_A_SIGN.search(text)
    if behind and behind[1] in KNOWN_UNITS:
        texts.add(text[: behind.start()])
    return frozenset(filter(None, (_SIGNS.sub("", each) for each in texts)))


@lru_cache(maxsize=4096)
def _name_forms(name: str) -> frozenset[str]:
    text = plain(name)
    whole, without = _SIGNS.sub("", text), _SIGNS.sub("", _BRACKETED.sub("", text))
    return frozenset({whole, without or whole})


@lru_cache(maxsize=256)
def _all_forms(names: tuple[str, ...]) -> frozenset[str]:
    return frozenset[str]().union(*map(_name_forms, names))


def _spread(titles: list[str], below: list[str]) -> list[str]:
    # A merged title stands in its first cell only, above cells that have words of their own.
    spread: list[str] = []
    for title, under in zip(titles, below, strict=True):
        spread.append(title or (spread[-1] if spread and under else ""))
    return spread


def _padded(cells: Sequence[Any], width: int) -> list[str]:
    texts = [cell.strip() if isinstance(cell, str) else "" for cell in cells]
    return texts + [""] * (width - len(texts))


def _bare(text: str) -> str:
    words = plain(text)
    found = _BRACKETED.fullmatch(words)
    return found[1] if found else words
