"""The demonstration city: one consistent synthetic city, as its four agencies know it.

Everything is invented and says so (示范…, 演示…). Same seed, volume and dates: same city, byte for byte; a day's events
come from (seed, kind, day) alone. `volume` scales the events only; the registers always have the plan's real size.
"""

from __future__ import annotations

from collections.abc import Callable
from copy import copy
from datetime import date

from green_freight.programme import programme

from demo_city import DEFAULT_SEED, RUN_VOLUME, monthly_forms
from demo_city.bureau_figures import BureauBooks
from demo_city.city_source import LateKnowledge
from demo_city.contract_facts import REGISTER_KEYS
from demo_city.monthly_events import FIRST_DAY
from demo_city.power_operator import PowerOperator
from demo_city.random_generator import day_end, month_end
from demo_city.registers import transport_registers
from demo_city.vehicles import VehicleDays
from demo_city.versioned_register import Row, newest_rows

# The city goes on for a year after the programme, so that what comes late can be shown.
LAST_DAY = date(programme().last_day.year + 1, 12, 31)


class City:
    """The synthetic city and the figures that its bureaus report. Months are given by any of their days."""

    def __init__(
        self,
        seed: int = DEFAULT_SEED,
        volume: float = RUN_VOLUME,
        first_day: date = FIRST_DAY,
        last_day: date = LAST_DAY,
        late_knowledge: LateKnowledge | None = None,
    ) -> None:
        """Build the registers (well below a second); events are generated when asked for.

        Raises:
            ValueError: the dates are outside FIRST_DAY to LAST_DAY or turned round, or the volume is negative.
        """
        if not FIRST_DAY <= first_day <= last_day <= LAST_DAY:
            raise ValueError(
                f"the city has data from {FIRST_DAY} to {LAST_DAY}, not from {first_day} to {last_day}"
            )
        if volume < 0:
            raise ValueError(f"a volume is not negative: {volume}")
        self.seed, self.volume, self.first_day, self.last_day = seed, volume, first_day, last_day
        self.late_knowledge = late_knowledge or LateKnowledge()
        books = transport_registers(seed, last_day.year)
        self._versions = {dataset: book.versions() for dataset, book in books.items()}
        fleet = books["transport_vehicle"].last_versions()
        self._vehicle_days = VehicleDays(seed, volume, fleet)
        chargeable = [vehicle for vehicle in fleet if vehicle["new_energy_kind_code"] in ("BEV", "PHEV")]
        self.power = PowerOperator(seed, volume, chargeable, first_day, last_day)
        self._bureaus = BureauBooks(self)

    def revised(self, late_knowledge: LateKnowledge) -> City:
        """Return the same city about which something else becomes known late; its registers are not made again."""
        city = copy(self)
        city.late_knowledge = late_knowledge
        city._bureaus = BureauBooks(city)
        return city

    def register_versions(self, dataset_id: str) -> list[Row]:
        """Return every version of the records of one of REGISTER_KEYS (else KeyError) in order of `changed_at`."""
        return self._versions[dataset_id]

    def register_as_known(self, dataset_id: str, as_of: date) -> list[Row]:
        """Return a transport register's records as known when a day is over, tombstones left out."""
        until = day_end(as_of)
        newest = newest_rows(self._versions[dataset_id], REGISTER_KEYS[dataset_id], until)
        rows = [row for row in newest if not row["is_deleted"]]
        known = self.late_knowledge.rows(dataset_id, None, rows, until)
        return [row for row in known if not row["is_deleted"]]

    def vehicle_operations(self, day: date) -> list[Row]:
        """Return the vehicles' operation of a day (none outside the city's dates)."""
        return self._vehicle_days.of(day) if self.first_day <= day <= self.last_day else []

    def reported_figures(self, month: date) -> list[Row]:
        """Return the figures that the bureaus report for a month, as they knew it when the month was over."""
        return self._bureaus.figures(month)

    def form_rows(self, dataset_id: str, month: date) -> list[Row]:
        """Return the rows of a monthly form (KeyError for another dataset), none outside the city's dates."""
        rows_of = _FORM_ROWS[dataset_id]
        is_inside = self.first_day.replace(day=1) <= month <= month_end(self.last_day)
        return rows_of(self, month.replace(day=1)) if is_inside else []


# A new form is one more function here: from the city and the first day of a month to rows by contract column.
_FORM_ROWS: dict[str, Callable[[City, date], list[Row]]] = {
    "commerce_store_delivery": lambda city, month: monthly_forms.store_deliveries(city.seed, month),
    "commerce_cold_chain_enterprise": lambda _, month: monthly_forms.cold_chain_enterprises(month),
    "commerce_pharma_enterprise": lambda _, month: monthly_forms.pharma_enterprises(month),
    "postal_tricycle": lambda city, month: monthly_forms.tricycles(city.seed, city.last_day.year, month),
    "postal_terminal_station": lambda city, month: monthly_forms.terminal_stations(
        city.seed, city.last_day.year, month
    ),
    "postal_parcel_volume": lambda city, month: monthly_forms.parcel_volumes(city.seed, month),
}
