"""Planting: which defect strikes where, decided by (seed, defect, place) alone."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from hashlib import blake2b

from demo_city.defects.model import ROW, Defect, PlantedDefect, Row
from demo_city.defects.registry import REGISTRY, rates

KEYS = {
    "transport_vehicle_operation": ("vehicle_id", "operation_date"),
    "transport_enterprise": ("enterprise_id",),
    "transport_vehicle": ("vehicle_id",),
    "transport_node": ("node_id",),
    "transport_stopping_place": ("place_id",),
    "commerce_store_delivery": ("store_code", "report_month"),
    "commerce_cold_chain_enterprise": ("credit_code", "report_month"),
    "commerce_pharma_enterprise": ("credit_code", "report_month"),
    "postal_tricycle": ("tricycle_no",),
    "postal_terminal_station": ("station_no",),
    "postal_parcel_volume": ("region_code", "company_name"),
    "power_charge_order": ("StartChargeSeq",),
    "power_connector_energy": ("StationID",),
}
_SCALE = 2.0**64
Told = Callable[[PlantedDefect], None]


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
            defect = REGISTRY[name]
            if defect.place == ROW:
                self._row_defects.setdefault(defect.dataset, []).append(defect)

    def happens(self, defect: str, *place: object) -> bool:
        """Tell whether a defect strikes at a place."""
        rate = self.rates.get(defect)
        return rate is not None and self._draw(defect, *place) / _SCALE < rate

    def rows(self, dataset: str, label: str, rows: list[Row], told: Told | None = None) -> list[Row]:
        """Return a period's rows with the defects of single rows; a row has one of them at most.

        `told` is called with each hit; its file name is left empty.
        """
        defects = self._row_defects.get(dataset)
        if not defects:
            return rows
        changed: list[Row] = []
        for row in rows:
            changed += self._struck(dataset, label, row, defects, told)
        return changed

    def _struck(
        self,
        dataset: str,
        label: str,
        row: Row,
        defects: Iterable[Defect],
        told: Told | None,
    ) -> list[Row]:
        key = "|".join(str(row.get(part, label)) for part in KEYS[dataset])
        place = (label or str(row.get("changed_at", "")), key)
        for defect in defects:
            draw = self._draw(defect.name, *place)
            if draw / _SCALE >= self.rates[defect.name] or defect.change is None:
                continue
            found = defect.change(row, draw & 0xFFFF)
            if found is None:
                continue
            if told:
                told(_planted(defect, label or place[0][:10], key))
            return found
        return [row]

    def _draw(self, defect: str, *place: object) -> int:
        text = f"{self.seed}|{defect}|{'|'.join(map(str, place))}"
        return int.from_bytes(blake2b(text.encode(), digest_size=8).digest(), "big")


def _planted(defect: Defect, period: str, key: str) -> PlantedDefect:
    return PlantedDefect(
        defect.name,
        defect.agency,
        defect.dataset,
        period,
        "",
        key,
        defect.effect,
        defect.reason_code,
        defect.column,
    )
