"""Daily operation of delivery vehicles: which drove, how far, with how much load and energy."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import numpy as np

from demo_city.columns import ServiceDays, hundredths, tenths
from demo_city.monthly_events import FIRST_DAY
from demo_city.random_generator import stream
from demo_city.versioned_register import Row

VEHICLE_DAYS_A_DAY = 1500
_SEASON = (0.96, 0.8, 0.98, 1.0, 1.02, 1.05, 0.99, 0.98, 1.03, 0.97, 1.08, 1.06)
_WEEKDAY = (1.03, 1.04, 1.04, 1.04, 1.05, 0.97, 0.83)
# a year's steps, for items 31 and 32 of the national form: more driving and load, less energy per tonne-km
_KM_GROWTH, _LOAD_GROWTH, _ENERGY_DECLINE = 1.015, 1.02, 0.985


class VehicleDays:
    """Generates a day's rows from the final state of the vehicle register."""

    def __init__(self, seed: int, volume: float, vehicles: Sequence[Row]) -> None:
        self._seed, self._volume = seed, volume
        self._ids = [row["vehicle_id"] for row in vehicles]
        self._in_service = ServiceDays((row["in_service_on"], row["out_of_service_on"]) for row in vehicles)
        self._kind = np.array([_kind(row) for row in vehicles], dtype=np.int64)
        self._tonnes = np.array([row["gross_mass_kg"] / 1000 for row in vehicles], dtype=np.float64)

    def of(self, day: date) -> list[Row]:
        """Return the rows of a day, one per vehicle that drove, in the order of the register.

        There are 1,500 at volume 1, with weekday and season; above 1.2 every vehicle drives every day.
        Distance and turnover have one decimal, electricity (kWh) and fuel (litres) two; a vehicle that does not use
        the one or the other has 0.00 of it.
        """
        years = day.year - FIRST_DAY.year
        rng = stream(self._seed, "vehicle_days", day.toordinal())
        active = self._in_service.on(day)
        wanted = VEHICLE_DAYS_A_DAY * self._volume * _SEASON[day.month - 1] * _WEEKDAY[day.weekday()]
        n = min(round(wanted), len(active))
        chosen = np.sort(rng.permutation(active)[:n])
        kind, tonnes = self._kind[chosen], self._tonnes[chosen]
        km = (20 + 110 * rng.random(n)) * _KM_GROWTH**years
        trips = 1 + (6 * rng.random(n)).astype(np.int64)
        turnover = km * tonnes * (0.18 + 0.22 * rng.random(n)) * _LOAD_GROWTH**years
        work_done = km * (0.6 + 0.12 * tonnes) * (0.9 + 0.2 * rng.random(n)) * _ENERGY_DECLINE**years
        electricity = work_done * np.array([0.0, 0.42, 0.22])[kind]
        fuel = work_done * np.array([0.13, 0.0, 0.06])[kind]
        columns = zip(
            [self._ids[place] for place in chosen.tolist()],
            tenths((km * 10).astype(np.int64).tolist()),
            trips.tolist(),
            tenths((turnover * 10).astype(np.int64).tolist()),
            hundredths((electricity * 100).astype(np.int64).tolist()),
            hundredths((fuel * 100).astype(np.int64).tolist()),
            strict=True,
        )
        return [
            {
                "vehicle_id": vehicle_id,
                "operation_date": day,
                "distance_km": distance,
                "trip_count": trip_count,
                "turnover_tonne_km": load,
                "electricity_kwh": kwh,
                "fuel_litre": litre,
            }
            for vehicle_id, distance, trip_count, load, kwh, litre in columns
        ]


def _kind(row: Row) -> int:
    """Return 0 for fuel, 1 for battery and fuel cell, 2 for plug-in hybrids."""
    return {None: 0, "PHEV": 2}.get(row["new_energy_kind_code"], 1)
