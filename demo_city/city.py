"""The demonstration city: one consistent synthetic city, as its four agencies know it.

    city = City(seed=20230110, volume=0.1)
    city.register_versions("transport_vehicle")     # every version of every record
    city.vehicle_operations(date(2025, 9, 30))      # a day's events, generated from (seed, kind, day) alone
    city.store_deliveries(date(2025, 9, 1))         # a month's form
    city.power.charge_orders_pushed(date(2025, 9, 30))

Everything is invented and says so (示范…, 演示…). Same seed, volume and dates: same city, byte for byte. `volume`
scales the events only; the registers always have the plan's real size. What is true about the city, indicator by
indicator, is in `demo_city.truth`; what happens in it, in `demo_city.monthly_events`.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta

from demo_city.commerce_forms import CommerceReports
from demo_city.late_knowledge import LateKnowledge
from demo_city.postal_forms import PostalFiles
from demo_city.power_operator import FleetVehicle, PowerOperator
from demo_city.random_generator import SHANGHAI, day_end, month_end, month_starts
from demo_city.registers import REGISTER_KEYS, transport_registers
from demo_city.vehicle_days import VehicleDays
from demo_city.versioned_register import Row, current_rows

FIRST_DAY, LAST_DAY = date(2023, 1, 1), date(2026, 12, 31)
DEFAULT_SEED = 20230110
RUN_VOLUME = 0.1


class City:
    """The synthetic city; see the module's text. Months are given by any of their days."""

    code = "320700"

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
            ValueError: the dates are outside 2023 to 2026 or turned round, or the volume is negative.
        """
        if not FIRST_DAY <= first_day <= last_day <= LAST_DAY:
            raise ValueError(
                f"the city lives from {FIRST_DAY} to {LAST_DAY}, not from {first_day} to {last_day}"
            )
        if volume < 0:
            raise ValueError(f"a volume is not negative: {volume}")
        self.seed, self.volume, self.first_day, self.last_day = seed, volume, first_day, last_day
        self.late_knowledge = late_knowledge or LateKnowledge()
        books = transport_registers(seed, last_day.year)
        self._versions = {dataset: book.versions() for dataset, book in books.items()}
        fleet = books["transport_vehicle"].last_versions()
        self._vehicle_days = VehicleDays(seed, volume, fleet)
        self._commerce = CommerceReports(seed)
        self._postal = PostalFiles(seed, last_day.year)
        chargeable = [
            FleetVehicle(v["vin"], v["in_service_on"], v["out_of_service_on"])
            for v in fleet
            if v["new_energy_kind_code"] in ("BEV", "PHEV")
        ]
        self.power = PowerOperator(seed, volume, chargeable, first_day, last_day)

    # transport bureau

    def register_versions(self, dataset_id: str) -> list[Row]:
        """Return every version of a transport register's records in order of `changed_at`.

        Raises:
            KeyError: `dataset_id` is none of REGISTER_KEYS.
        """
        return self._versions[dataset_id]

    def register_as_known(self, dataset_id: str, as_of: date) -> list[Row]:
        """Return a transport register's records as known when a day is over, tombstones left out."""
        rows = current_rows(self._versions[dataset_id], REGISTER_KEYS[dataset_id], as_of)
        known = self.late_knowledge.rows(dataset_id, None, rows, day_end(as_of))
        return [row for row in known if not row["is_deleted"]]

    def vehicle_operations(self, day: date) -> list[Row]:
        """Return the vehicles' operation of a day (none outside the city's dates)."""
        return self._vehicle_days.of(day) if self.first_day <= day <= self.last_day else []

    def reported_figures(self, month: date) -> list[Row]:
        """Return the figures that the bureaus report for a month, as they knew it when the month was over."""
        from demo_city.reported_figures import (
            reported_figures,
        )  # the truth needs the city, so the city cannot import it

        return reported_figures(self, month)

    # commerce bureau

    def store_deliveries(self, month: date) -> list[Row]:
        """Return the sheet 门店配送 of a month; tonnes with three decimals."""
        return self._commerce.store_deliveries(month.replace(day=1)) if self._has_month(month) else []

    def cold_chain_enterprises(self, month: date) -> list[Row]:
        """Return the sheet 冷链企业 of a month."""
        return self._commerce.cold_chain_enterprises(month.replace(day=1)) if self._has_month(month) else []

    def pharma_enterprises(self, month: date) -> list[Row]:
        """Return the sheet 医药配送企业 of a month."""
        return self._commerce.pharma_enterprises(month.replace(day=1)) if self._has_month(month) else []

    # postal administration

    def tricycles(self, month: date) -> list[Row]:
        """Return the e-tricycle register as of a month's end."""
        return self._postal.tricycles(month) if self._has_month(month) else []

    def terminal_stations(self, month: date) -> list[Row]:
        """Return the terminal stations as of a month's end."""
        return self._postal.terminal_stations(month) if self._has_month(month) else []

    def parcel_volumes(self, month: date) -> list[Row]:
        """Return the parcels of a month by region and company."""
        return self._postal.parcel_volumes(month) if self._has_month(month) else []

    # time

    def months(self) -> list[date]:
        """Return the first days of the city's months."""
        return month_starts(self.first_day, self.last_day)

    def days(self) -> Iterator[date]:
        """Yield the city's days."""
        day = self.first_day
        while day <= self.last_day:
            yield day
            day += timedelta(days=1)

    def _has_month(self, month: date) -> bool:
        return self.first_day.replace(day=1) <= month <= month_end(self.last_day)


def form_delivered_at(month: date) -> datetime:
    """Return when the forms of a month are delivered: its last day, 18:00 Shanghai."""
    return datetime.combine(month_end(month), time(18), SHANGHAI)
