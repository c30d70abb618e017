"""The register of delivery vehicles: stock at the start, new ones, renewals, and those taken out of service."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np

from demo_city.identifiers import PlateOffice, vin
from demo_city.monthly_events import (
    BEFORE_START,
    INITIAL_COLD,
    INITIAL_FUEL,
    INITIAL_NEW_ENERGY,
    monthly_counts,
    recorded_at,
)
from demo_city.random_generator import entered_at, month_end, pick, spread, stream
from demo_city.versioned_register import Row, VersionedRegister

# Trucks up to 4.5 t may all carry "region code + 000000": this number is not a key.
SHARED_CERTIFICATE = "320700000000"
LIGHT_LIMIT_KG = 4500
OPERATING_ENTERPRISES = 12
_SEPARATORS = ("", "", "", "", "", "", "·", "·", "•", " ")
_FUELS = "BBBBAAEBAD"
# by the size in the second place of the type code: heavy, medium, light
_GROSS_MASS_KG = {"1": (12_000, 25_000), "2": (4_600, 11_900), "3": (2_500, 4_496)}


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
        row: Row = {
            "vehicle_id": vehicle_id,
            "plate_no": self._plate(kind, shared),
            "plate_color_code": ("94" if shared else "93") if kind else ("1" if shared else "2"),
            "vin": vin(rng, on.year, serial),
            "vehicle_type_code": f"H{size}{_body_digit(rng, body)}",
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

    def _plate(self, kind: str | None, is_light: bool) -> str:
        plate = self._plates.plate(kind, is_light)
        return plate[:2] + pick(self.rng, _SEPARATORS) + plate[2:]


def _body_digit(rng: np.random.Generator, body: str) -> str:
    if body in ("refrigerated", "insulated"):
        return "8"
    return pick(rng, "23" if body == "van" else "159")


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
            _other_entry(office, others, day)
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


def _other_entry(office: VehicleOffice, place: int, day: date) -> None:
    entry = "new" if place % 5 < 2 else "renewal"
    kind = "BEV" if place % 5 == 4 else None
    energy = "O" if place % 35 == 6 else None
    office.put_in(entry, kind, day, ("van", "other")[place % 2], energy)


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
