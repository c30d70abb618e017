"""Delivery vehicles: their register from the stock at the start to those taken out of service, and their days."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from itertools import repeat

import numpy as np
from green_freight.contracts import contract

from demo_city.columns import ServiceDays, hundredths, tenths
from demo_city.identifiers import PlateOffice, vin
from demo_city.monthly_events import BEFORE_START, FIRST_DAY, monthly_counts, recorded_at
from demo_city.random_generator import entered_at, month_end, pick, spread, stream
from demo_city.versioned_register import Row, VersionedRegister

# vehicles: 1,700 in service when the programme begins, 720 of them new-energy
INITIAL_NEW_ENERGY = 720
INITIAL_FUEL = 980
INITIAL_COLD = 8
# Trucks up to 4.5 t may all carry "region code + 000000": this number is not a key.
SHARED_CERTIFICATE = "320700000000"
LIGHT_LIMIT_KG = 4500
OPERATING_ENTERPRISES = 12
_SEPARATORS = ("", "", "", "", "", "", "·", "·", "•", " ")
# which energy a kind of vehicle uses: fuel, electricity or both
_ENERGIES = {None: 0, "BEV": 1, "FCEV": 1, "PHEV": 2}
_FUELS = "BBBBAAEBAD"
_BODY_DIGITS = {"van": "23", "other": "159", "refrigerated": "8", "insulated": "8"}
# by the size in the second place of the type code: heavy, medium, light
_GROSS_MASS_KG = {"1": (12_000, 25_000), "2": (4_600, 11_900), "3": (2_500, 4_496)}

VEHICLE_DAYS_A_DAY = 1500
_SEASON = (0.96, 0.8, 0.98, 1.0, 1.02, 1.05, 0.99, 0.98, 1.03, 0.97, 1.08, 1.06)
_WEEKDAY = (1.03, 1.04, 1.04, 1.04, 1.05, 0.97, 0.83)
# a year's steps, for items 31 and 32 of the national form: more driving and load, less energy per tonne-km
_KM_GROWTH, _LOAD_GROWTH, _ENERGY_DECLINE = 1.015, 1.02, 0.985


def enterprise_id(place: int) -> str:
    """Return the transport bureau's identifier of an enterprise."""
    return f"E{place:04d}"


class VehicleOffice:
    """Makes the vehicles' records in order; every draw comes from one stream of the seed."""

    def __init__(self, seed: int) -> None:
        self.book = VersionedRegister("vehicle_id")
        self.rng = stream(seed, "vehicles")
        self._plates = PlateOffice(stream(seed, "plates"))
        self._count = 0

    def put_in(self, entry: str, kind: str | None, on: date, body: str, energy: str | None = None) -> str:
        """Enter a vehicle; return its identifier. `kind` is BEV, PHEV, FCEV or None, `energy` a code of GA 24.9."""
        self._count += 1
        rng, serial = self.rng, self._count
        vehicle_id = f"V{serial:06d}"
        size = "31"[int(rng.random() < 0.08)] if kind else pick(rng, "33321")
        mass = int(rng.integers(*_GROSS_MASS_KG[size])) // 5 * 5
        shared = mass <= LIGHT_LIMIT_KG
        plate = self._plates.plate(kind, shared)
        row: Row = {
            "vehicle_id": vehicle_id,
            "plate_no": plate[:2] + pick(rng, _SEPARATORS) + plate[2:],
            "plate_color_code": ("94" if shared else "93") if kind else ("1" if shared else "2"),
            "vin": vin(rng, on.year, serial),
            "vehicle_type_code": f"H{size}{pick(rng, _BODY_DIGITS[body])}",
            "energy_code": energy
            or {"PHEV": "O", "BEV": "C", "FCEV": "Z"}.get(kind or "")
            or pick(rng, _FUELS),
            "new_energy_kind_code": kind,
            "body_kind_code": body,
            "enterprise_id": enterprise_id(1 + int(rng.random() ** 1.6 * OPERATING_ENTERPRISES)),
            "transport_certificate_no": SHARED_CERTIFICATE if shared else f"3207{10_000_000 + serial:08d}",
            "gross_mass_kg": mass,
            "entry_kind_code": entry,
            "in_service_on": on,
            "out_of_service_on": None,
            "out_of_service_reason_code": None,
        }
        self.book.enter(row, BEFORE_START if entry == "initial" else entered_at(rng, on))
        return vehicle_id

    def take_out(self, vehicle_id: str, on: date, reason: str) -> None:
        """Write that a vehicle left: reason noncompliant, scrapped or transferred."""
        changes = {"out_of_service_on": on, "out_of_service_reason_code": reason}
        self.book.amend(vehicle_id, recorded_at(self.rng, on), **changes)

    def stocked(self, kind: str | None, first: date, last: date, body: str, energy: str | None = None) -> str:
        """Enter a vehicle of the initial stock that came on some day between two; return its identifier."""
        day = first + timedelta(days=int(self.rng.integers(0, (last - first).days + 1)))
        return self.put_in("initial", kind, day, body, energy)


def vehicles(seed: int, last_year: int) -> VersionedRegister:
    """Return the register of delivery vehicles up to the end of a year."""
    office = VehicleOffice(seed)
    stock = _initial_stock(office)
    new_energy, other, cold = (
        monthly_counts(f"{kind}_vehicles", last_year) for kind in ("new_energy", "other", "refrigerated")
    )
    others = 0
    for n, (year, month) in enumerate(new_energy):
        days = spread(office.rng, new_energy[year, month], year, month)
        stock["new_energy"] += _new_energy_entries(office, days, has_cold_body=(year, month) in cold)
        for day in spread(office.rng, other.get((year, month), 0), year, month):
            entry, kind = "new" if others % 5 < 2 else "renewal", "BEV" if others % 5 == 4 else None
            energy = "O" if others % 35 == 6 else None
            office.put_in(entry, kind, day, ("van", "other")[others % 2], energy)
            others += 1
        _exits(office, stock, n, year, month)
    _corrections(office)
    return office.book


def _initial_stock(office: VehicleOffice) -> dict[str, list[str]]:
    """Enter the stock of 2022; return the identifiers that later leave, by pool."""
    latest = date(2022, 12, 31)
    fuel, new_energy = [], []
    for n in range(INITIAL_NEW_ENERGY):
        kind = "FCEV" if n % 72 == 5 else "PHEV" if n % 14 == 3 else "BEV"
        body = "insulated" if n in (40, 41, 42) else ("van", "van", "other")[n % 3]
        new_energy.append(office.stocked(kind, date(2018, 1, 5), latest, body))
    for n in range(INITIAL_FUEL):
        cold = n in range(700, 700 + INITIAL_COLD - 3)
        body = "refrigerated" if cold else ("van", "other", "van", "other")[n % 4]
        # a hybrid that cannot be plugged in has GA 24.9 code O and is not new-energy
        energy = "O" if n % 81 == 7 else None
        fuel.append(office.stocked(None, date(2015, 3, 1), latest, body, energy))
    for n in range(6):
        gone = office.put_in("initial", "BEV" if n < 3 else None, date(2016, 5, 3 + n), "van")
        office.take_out(gone, date(2022, 11, 10 + n) if n else latest, "scrapped")
    return {
        "fuel": [v for n, v in enumerate(fuel) if n not in range(700, 710)],
        "new_energy": new_energy[50:90],
    }


def _new_energy_entries(office: VehicleOffice, days: list[date], *, has_cold_body: bool) -> list[str]:
    """Enter a month's new vehicles; the first one has a refrigerated body where the month has one."""
    entered = []
    for n, day in enumerate(days):
        cold = n == 0 and has_cold_body
        body = "refrigerated" if cold else "van"
        kind = "FCEV" if (day.year, day.month, n) == (2024, 6, 1) else "PHEV" if n == 3 else "BEV"
        vehicle_id = office.put_in("new", kind, day, body)
        if not cold:
            entered.append(vehicle_id)
    return entered


def _exits(office: VehicleOffice, stock: dict[str, list[str]], n: int, year: int, month: int) -> None:
    """Take out two non-compliant and one scrapped a month, a new-energy one every third, a sale every fourth."""
    for reason in ("noncompliant", "noncompliant", "scrapped"):
        office.take_out(stock["fuel"].pop(0), spread(office.rng, 1, year, month)[0], reason)
    if n % 3 == 2:
        # alternately one of the first stock and one added in the programme: an addition stays an addition
        place = 0 if n % 2 else 40 - (n + 1) // 6
        office.take_out(stock["new_energy"].pop(place), month_end(date(year, month, 1)), "scrapped")
    if n % 4 == 3:
        office.take_out(stock["fuel"].pop(0), spread(office.rng, 1, year, month)[0], "transferred")
    if (year, month) == (2025, 8):
        office.take_out("V000041", date(2025, 8, 19), "transferred")


def _corrections(office: VehicleOffice) -> None:
    """Write corrected fields that no indicator counts, and two records entered by mistake and removed in the month."""
    for n, serial in enumerate(range(1, 1700, 97)):
        vehicle_id, day = f"V{serial:06d}", date(2023 + n % 3, 1 + n % 9, 5 + n)
        mass = office.book.last(vehicle_id)["gross_mass_kg"]
        office.book.amend(vehicle_id, entered_at(office.rng, day), gross_mass_kg=mass - 5)
    for day in (date(2024, 5, 10), date(2025, 9, 8)):
        mistake = office.put_in("new", "BEV", day, "van")
        office.book.remove(mistake, entered_at(office.rng, day + timedelta(days=10)))


class VehicleDays:
    """Generates a day's rows from the final state of the vehicle register."""

    def __init__(self, seed: int, volume: float, vehicles: Sequence[Row]) -> None:
        self._seed, self._volume = seed, volume
        self._ids = [row["vehicle_id"] for row in vehicles]
        self._in_service = ServiceDays((row["in_service_on"], row["out_of_service_on"]) for row in vehicles)
        self._kind = np.array([_ENERGIES[row["new_energy_kind_code"]] for row in vehicles], dtype=np.int64)
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
            repeat(day),
            tenths((km * 10).astype(np.int64).tolist()),
            trips.tolist(),
            tenths((turnover * 10).astype(np.int64).tolist()),
            hundredths((electricity * 100).astype(np.int64).tolist()),
            hundredths((fuel * 100).astype(np.int64).tolist()),
        )
        names = contract("transport_vehicle_operation").names
        return [dict(zip(names, values, strict=True)) for values in columns]
