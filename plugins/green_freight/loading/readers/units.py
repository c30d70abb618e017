"""The unit of a table's columns, from titles and notes."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Any

from green_freight.contracts.model import Contract
from green_freight.loading.cell_values import UNIT_FACTORS
from green_freight.loading.outcomes import LoadWarning
from green_freight.loading.readers.table_rows import Header

# 填报单位：市商务局 is an office, not a unit.
_UNIT_NOTE = re.compile(
    r"(?<![报送表制填])(?:计量)?单\s*位\s*(?:均为|[:为是])\s*([^\s,;。()、]+(?:、[^\s,;。()、]+)*)"
)

_KNOWN_UNITS = {unit for units in UNIT_FACTORS.values() for unit in units}


class UnitNotes:
    """The unit of each column: in its title, else in a note above or below the table, else the contract's."""

    def __init__(
        self, contract: Contract, header: Header, above: list[list[Any]], below: list[list[Any]]
    ) -> None:
        self._factors: dict[str, Decimal] = {}
        self.warnings: list[LoadWarning] = []
        noted = [*_noted_units(above), *_noted_units(below)]
        turned: dict[str, list[str]] = {}
        for column in contract.columns:
            known = UNIT_FACTORS.get(column.unit or "")
            if known is None or column.name not in header.places:
                continue
            candidates = [header.units.get(column.name), *noted]
            unit = next((unit for unit in candidates if unit is not None and unit in known), None)
            if unit is not None and known[unit] != 1:
                self._factors[column.name] = known[unit]
                turned.setdefault(unit, []).append(column.name)
        for unit, names in turned.items():
            words = {"unit": unit, "names_zh": "、".join(names), "names_en": ", ".join(names)}
            self.warnings.append(LoadWarning.of("unit_converted", count=len(names), **words))
        for unit in noted:
            # A longer text is a sentence or an office, not a unit.
            if unit not in _KNOWN_UNITS and len(unit) <= 4 and not unit.endswith(("局", "委")):
                self.warnings.append(LoadWarning.of("unit_not_understood", unit=unit))

    def factor(self, name: str) -> Decimal:
        """Return what a bare number of a column is multiplied with."""
        return self._factors.get(name, Decimal(1))


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
    for unit in sorted(_KNOWN_UNITS, key=len, reverse=True):
        if words.startswith(unit) and words[len(unit) :][:1] in ("", *"填报制编审统"):
            return unit
    return words
