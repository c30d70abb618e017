"""Planting: which defect strikes where, decided by (seed, defect, place) alone."""

from __future__ import annotations

from collections.abc import Mapping
from hashlib import blake2b

from demo_city.contract_facts import key_fields
from demo_city.defects.model import ROW, Defect, Row
from demo_city.defects.registry import defect_named, rates

_SCALE = 2.0**64


class DefectSampler:
    """Defects with their rates; without rates nothing happens."""

    def __init__(self, wanted: Mapping[str, float] | None = None, seed: int = 0) -> None:
        """Take rates as `registry.rates` does, by defect, agency, effect, place or `all`; ValueError if wrong."""
        self.rates = {name: rate for name, rate in rates(dict(wanted or {})).items() if rate > 0}
        self.seed = seed
        self._row_defects: dict[str, list[Defect]] = {}
        for name in self.rates:
            defect = defect_named(name)
            if defect.place == ROW:
                self._row_defects.setdefault(defect.dataset, []).append(defect)

    def happens(self, defect: str, *place: object) -> bool:
        """Tell whether a defect strikes at a place."""
        rate = self.rates.get(defect)
        return rate is not None and self._draw(defect, *place) / _SCALE < rate

    def rows(self, dataset: str, label: str, rows: list[Row]) -> list[Row]:
        """Return a period's rows with the defects of single rows; a row has one of them at most."""
        if dataset not in self._row_defects:
            return rows
        return [changed for row in rows for changed in self.struck(dataset, label, row)[1]]

    def struck(self, dataset: str, label: str, row: Row) -> tuple[Defect | None, list[Row]]:
        """Return the defect that strikes a row, if one does, and the rows that then stand in the row's place."""
        place = (label or str(row.get("changed_at", "")), row_key(dataset, label, row))
        for defect in self._row_defects[dataset]:
            draw = self._draw(defect.name, *place)
            if draw / _SCALE < self.rates[defect.name] and defect.change:
                changed = defect.change(row, draw & 0xFFFF)
                if changed is not None:
                    return defect, changed
        return None, [row]

    def _draw(self, defect: str, *place: object) -> int:
        text = f"{self.seed}|{defect}|{'|'.join(map(str, place))}"
        return int.from_bytes(blake2b(text.encode(), digest_size=8).digest(), "big")


def row_key(dataset: str, label: str, row: Row) -> str:
    """Return the contract's key of a row, its parts joined by `|`; the period's label stands for a part it lacks."""
    return "|".join(str(row.get(part, label)) for part in key_fields(dataset))
