"""Planting: which defect strikes where, decided by (seed, defect, place) alone."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from hashlib import blake2b

from demo_city.contract_facts import key_fields
from demo_city.defects.model import ROW, Defect, PlantedDefect, Row
from demo_city.defects.registry import defect_named, rates

_SCALE = 2.0**64
OnHit = Callable[[PlantedDefect], None]


class DefectSampler:
    """Defects with their rates; without rates nothing happens."""

    def __init__(self, wanted: Mapping[str, float] | None = None, seed: int = 0) -> None:
        """Take rates by defect, agency, effect, place or `all` (see `registry.rates`).

        Raises:
            ValueError: a name or a rate is wrong.
        """
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

    def rows(self, dataset: str, label: str, rows: list[Row], on_hit: OnHit | None = None) -> list[Row]:
        """Return a period's rows with the defects of single rows; a row has one of them at most.

        `on_hit` is called with each hit; its file name is left empty.
        """
        defects = self._row_defects.get(dataset)
        if not defects:
            return rows
        changed: list[Row] = []
        for row in rows:
            changed += self._struck(dataset, label, row, defects, on_hit)
        return changed

    def _struck(
        self,
        dataset: str,
        label: str,
        row: Row,
        defects: Iterable[Defect],
        on_hit: OnHit | None,
    ) -> list[Row]:
        key = "|".join(str(row.get(part, label)) for part in key_fields(dataset))
        place = (label or str(row.get("changed_at", "")), key)
        for defect in defects:
            draw = self._draw(defect.name, *place)
            if draw / _SCALE >= self.rates[defect.name] or defect.change is None:
                continue
            found = defect.change(row, draw & 0xFFFF)
            if found is None:
                continue
            if on_hit:
                on_hit(defect.planted(label or place[0][:10], key=key))
            return found
        return [row]

    def _draw(self, defect: str, *place: object) -> int:
        text = f"{self.seed}|{defect}|{'|'.join(map(str, place))}"
        return int.from_bytes(blake2b(text.encode(), digest_size=8).digest(), "big")
