"""The unit of a table's columns: from titles, from the row below them, from lines above and below the table.

A unit that is known is converted. One that is not, or that measures something else, stops the file: a number in it is
not a number of the contract's unit.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Any

from green_freight.contracts.model import Column, Contract
from green_freight.loading.cell_values import KNOWN_UNITS, UNIT_FACTORS
from green_freight.loading.outcomes import LoadWarning, UnreadableFileError
from green_freight.loading.readers.headers import Header
from green_freight.loading.readers.title_months import period_mark
from green_freight.written_dates import plain

# 填报单位：市商务局 is an office, not a unit.
_UNIT_NOTE = re.compile(
    r"(?<![报送表制填])(?:计量)?单\s*位\s*(?:均为|[:为是])\s*([^\s,;。()、]+(?:、[^\s,;。()、]+)*)"
)
_STATED = re.compile(r"^(?:计量)?单位[:为是]?(.*)$|^[以按](.+)计$")
# What stands in brackets behind a name and is no unit.
_REMARK = re.compile(
    r"[必选]?填|不?含|其中|自动|公式|合计|小计|总[计量]|保留|小数|整数|最多|系统|如|见|详|[\d=+<>≤≥.①-⑳]*$|[a-f]$|[一二三四五六七八九十]$"
)
_BRACKETS = re.compile(r"^[(（\[【](.*)[)）\]】]$")
_LONGEST_UNIT = 4
# A row below the table with more cells is data.
_NOTE_CELLS = 2
_ONE = Decimal(1)


class Units:
    """The unit of each column: in its title, else in a note above or below the table, else the contract's.

    Raises UnreadableFileError `unit_not_understood` where a unit is unknown, measures something else, or two differ.
    """

    def __init__(
        self,
        contract: Contract,
        header: Header,
        above: Sequence[Sequence[Any]],
        below: Sequence[Sequence[Any]],
        sheet: str | None = None,
    ) -> None:
        self._factors: dict[str, Decimal] = {}
        self._in_titles: dict[str, str] = {}
        self._sheet, self._month = sheet, header.month
        self.warnings: list[LoadWarning] = []
        measured = [
            column
            for column in contract.columns
            if column.unit in UNIT_FACTORS and column.name in header.places
        ]
        under = _unit_row(measured, header, below)
        notes = [cells for cells in below if sum(cell not in (None, "") for cell in cells) <= _NOTE_CELLS]
        noted = [*_noted_units([*above, *notes]), *_alone(above), *_unit_column(header, below)]
        turned: dict[str, list[str]] = {}
        for column in measured:
            texts = [*header.qualifiers.get(column.name, ()), *under.get(column.name, ())]
            stated = self._one_unit(column, texts)
            if stated is not None:
                self._in_titles[column.name] = stated
            unit = stated or self._one_unit(column, [unit for unit in noted if unit in _units_of(column)])
            if unit is not None and _units_of(column)[unit] != 1:
                self._factors[column.name] = _units_of(column)[unit]
                turned.setdefault(unit, []).append(column.name)
        self._check_notes(measured, noted)
        for unit, names in turned.items():
            words = {"unit": unit, "names_zh": "、".join(names), "names_en": ", ".join(names)}
            self.warnings.append(LoadWarning.of("unit_converted", count=len(names), **words))

    def factor(self, name: str) -> Decimal:
        """Return what a bare number of a column is multiplied with."""
        return self._factors.get(name, _ONE)

    def in_title(self, name: str) -> str | None:
        """Return the unit that a column's title states, None where it states none."""
        return self._in_titles.get(name)

    def _one_unit(self, column: Column, texts: Iterable[str]) -> str | None:
        """Return the unit that the texts beside a column's name state."""
        known, found = _units_of(column), dict[Decimal, str]()
        for text in texts:
            for word in filter(None, _words(text)):
                if word in known:
                    found.setdefault(known[word], word)
                elif word in KNOWN_UNITS or not (_REMARK.match(word) or period_mark(word, self._month)):
                    raise self._not_understood(word, column.title_zh)
        if len(found) > 1:
            raise self._not_understood("、".join(found.values()), column.title_zh)
        return next(iter(found.values()), None)

    def _check_notes(self, measured: Sequence[Column], noted: Sequence[str]) -> None:
        columns = [column for column in measured if column.unit != "%"]
        if not columns:
            return
        for unit in noted:
            # A longer text is a sentence or an office, not a unit.
            is_unit = unit in KNOWN_UNITS or (
                len(unit) <= _LONGEST_UNIT and not unit.endswith(("局", "委", "司"))
            )
            if is_unit and unit not in KNOWN_UNITS:
                raise self._not_understood(unit, "、".join(column.title_zh for column in columns))
        applicable = list(dict.fromkeys(unit for unit in noted if unit in KNOWN_UNITS))
        if applicable and not any(unit in _units_of(c) for c in columns for unit in applicable):
            raise self._not_understood(
                "、".join(applicable), "、".join(column.title_zh for column in columns)
            )

    def _not_understood(self, unit: str, columns: str) -> UnreadableFileError:
        facts = {"unit": unit, "columns": columns}
        return UnreadableFileError.of("unit_not_understood", "unit_not_understood", self._sheet, **facts)


def _units_of(column: Column) -> dict[str, Decimal]:
    return UNIT_FACTORS[column.unit or ""]


def _words(text: str) -> list[str]:
    """Return what a text beside a name says, without 单位： and 以…计."""
    parts = [part for part in re.split(r"[,;、，；]", plain(text)) if part]
    return [(found[1] or found[2]) if (found := _STATED.match(part)) else part for part in parts]


def _unit_row(
    measured: Sequence[Column], header: Header, below: Sequence[Sequence[Any]]
) -> dict[str, list[str]]:
    """Return the units of a row directly below the titles that has words in columns of numbers and nowhere else."""
    if not below:
        return {}
    first = below[0]
    filled = {place: cell for place, cell in enumerate(first) if cell is not None and cell != ""}
    places = {header.places[column.name]: column.name for column in measured}
    are_words = all(
        isinstance(cell, str)
        and len(cell) <= _LONGEST_UNIT + 2
        and not re.search(r"[\d-]", cell)
        and "计" not in cell
        for cell in filled.values()
    )
    if not filled or not are_words or not set(filled) <= set(places):
        return {}
    return {places[place]: [_BRACKETS.sub(r"\1", cell)] for place, cell in filled.items()}


def _unit_column(header: Header, below: Sequence[Sequence[Any]]) -> list[str]:
    """Return the units of a column that states one for each row."""
    place = header.unit_place()
    if place is None:
        return []
    cells = (cells[place] for cells in below if place < len(cells) and isinstance(cells[place], str))
    # A repeated header, and a row of totals.
    others = {"", plain(header.titles[place])}
    return list(dict.fromkeys(w for cell in cells if (w := plain(cell)) not in others and "计" not in w))


def _alone(rows: Iterable[Sequence[Any]]) -> list[str]:
    """Return units that stand alone in a cell above the table: （万件）."""
    texts = (_BRACKETS.sub(r"\1", plain(cell)) for cells in rows for cell in cells if isinstance(cell, str))
    return [text for text in texts if text in KNOWN_UNITS]


def _noted_units(rows: Iterable[Sequence[Any]]) -> list[str]:
    found = []
    for cells in rows:
        for cell in cells:
            if not isinstance(cell, str):
                continue
            # One note may name several: 单位：吨、立方米.
            for match in _UNIT_NOTE.finditer(unicodedata.normalize("NFKC", cell).lower()):
                found += [_unit(words) for words in match[1].split("、")]
    return found


def _unit(words: str) -> str:
    # 单位：千克填报单位：… without a space between the two.
    for unit in sorted(KNOWN_UNITS, key=len, reverse=True):
        if words.startswith(unit) and words[len(unit) :][:1] in ("", *"填报制编审统"):
            return unit
    return words
