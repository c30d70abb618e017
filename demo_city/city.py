"""The demonstration city: one consistent synthetic city, as its four agencies know it.

    city = City(seed=20230110, volume=0.1)
    city.register_versions("transport_vehicle")     # every version of every record
    city.vehicle_operations(date(2025, 9, 30))      # a day's events, generated from (seed, kind, day) alone
    city.form_rows("commerce_store_delivery", date(2025, 9, 1))
    city.power.charge_orders_pushed(date(2025, 9, 30))

Everything is invented and says so (示范…, 演示…). Same seed, volume and dates: same city, byte for byte. `volume`
scales the events only; the registers always have the plan's real size. The true figures of the city, indicator by
indicator, are in `demo_city.truth`; what happens in it, in `demo_city.monthly_events`.
"""

from __future__ import annotations

from datetime import date

from demo_city.city_model import DEFAULT_SEED, LAST_DAY, RUN_VOLUME, CityModel
from demo_city.monthly_events import FIRST_DAY
from demo_city.reported_figures import reported_figures
from demo_city.versioned_register import Row

__all__ = ["DEFAULT_SEED", "FIRST_DAY", "LAST_DAY", "RUN_VOLUME", "City"]


class City(CityModel):
    """The synthetic city with the figures that its bureaus report about themselves."""

    def reported_figures(self, month: date) -> list[Row]:
        """Return the figures that the bureaus report for a month, as they knew it when the month was over."""
        return reported_figures(self, month)
