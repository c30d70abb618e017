"""What each record of the bureaus' books writes into their accounts: what it adds and when it leaves."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from typing import Final

from demo_city.bureau_ledger import Entries, Entry
from demo_city.city_source import STATIONS
from demo_city.versioned_register import Row

DELIVERIES: Final = "commerce_store_delivery"
TRICYCLES: Final = "postal_tricycle"
TERMINALS: Final = "postal_terminal_station"
# T/CEC 102: public stations and those of logistics parks serve delivery vehicles
_OPEN_TO_DELIVERY = (1, 102)
_PLUGGED_OR_FUEL_CELL = ("BEV", "PHEV", "FCEV")
_COLD = ("refrigerated", "insulated")
_AT_LEAST_3A = ("3A", "4A", "5A")


def _present(account: tuple[str, ...], since: date | None, until: date | None) -> Iterator[Entry]:
    """Write one in on the first day and out on the day from which it is there no more."""
    if since and not (until and until <= since):
        yield Entry(account, since)
        if until:
            yield Entry(account, until, Decimal(-1))


def _vehicle(row: Row) -> Iterator[Entry]:
    since, until, kind = row["in_service_on"], row["out_of_service_on"], row["entry_kind_code"]
    is_new_energy = row["new_energy_kind_code"] in _PLUGGED_OR_FUEL_CELL
    yield from _present(("fleet",), since, until)
    if is_new_energy:
        yield from _present(("new_energy_fleet",), since, until)
    if row["body_kind_code"] in _COLD:
        yield from _present(("cold_fleet",), since, until)
    if kind in ("new", "renewal"):
        yield Entry(("vehicle_entered",), since)
        if kind == "new" and is_new_energy:
            yield Entry(("new_energy_entered",), since)
    if until and row["out_of_service_reason_code"] == "noncompliant":
        yield Entry(("noncompliant_left",), until)


def _opened(name: str, *columns: str, row: Row) -> Iterator[Entry]:
    """Write that something opened, into an account by its kind; closing later does not undo that."""
    if row["in_service_on"]:
        yield Entry((name, *(row[column] for column in columns)), row["in_service_on"])


def _platform(row: Row) -> Iterator[Entry]:
    yield from _present(
        ("platform", row["platform_kind_code"]), row["in_service_on"], row["out_of_service_on"]
    )


def _fund(row: Row) -> Iterator[Entry]:
    yield Entry(("fund", row["fund_kind_code"], str(row["year"])), row["booked_on"], row["amount_yuan"])


def _enterprise(row: Row) -> Iterator[Entry]:
    yield from _present(("open", row["enterprise_id"]), row["registered_on"], row["closed_on"])


def _certificate(row: Row) -> Iterator[Entry]:
    if row["grade_code"] in _AT_LEAST_3A:
        ends = [row["valid_to"] + timedelta(days=1), row["revoked_on"]]
        yield from _present(
            ("graded", row["enterprise_id"]), row["valid_from"], min(day for day in ends if day)
        )


def _station(row: Row) -> Iterator[Entry]:
    """A pile works while it and its station do."""
    station = row["info"]
    if station["StationType"] not in _OPEN_TO_DELIVERY:
        return
    opened, closed = _service(station)
    if opened:
        yield Entry(("station_opened",), opened)
    for pile in station["EquipmentInfos"]:
        begun, ended = _service(pile)
        if opened and begun:
            since, until = max(opened, begun), min(closed or date.max, ended or date.max)
            yield Entry(("pile_opened",), since)
            yield from _present(("pile",), since, None if until == date.max else until)


def _service(message: Row) -> tuple[date | None, date | None]:
    days = (message["OfficialRunTime"], message["DecommissionTime"])
    since, until = (date.fromisoformat(day) if day else None for day in days)
    return since, until


def _terminal(row: Row) -> Iterator[Entry]:
    if row["is_joint"]:
        yield Entry(("terminal_opened",), row["opened_on"])


def _tricycle(row: Row) -> Iterator[Entry]:
    yield from _present(("tricycle",), row["in_use_from"], row["in_use_to"])
    if row["is_marking_uniform"]:
        yield from _present(("marked_tricycle",), row["in_use_from"], row["in_use_to"])


def _delivery(row: Row) -> Iterator[Entry]:
    """What came jointly and at night stands in both columns of the form."""
    if row["is_centre_area"]:
        month = date.fromisoformat(f"{row['report_month']}-01")
        yield Entry(("freight",), month, row["total_tonnes"])
        for sign, mode in ((1, "joint"), (1, "night"), (-1, "joint_night")):
            yield Entry(("joint_freight",), month, sign * row[f"{mode}_tonnes"])


ENTRIES: dict[str, Entries] = {
    "transport_vehicle": _vehicle,
    "transport_node": lambda row: _opened("node_opened", "node_level_code", row=row),
    "transport_stopping_place": lambda row: _opened("place_opened", row=row),
    "transport_platform": _platform,
    "transport_fund": _fund,
    "transport_enterprise": _enterprise,
    "transport_enterprise_grade": _certificate,
    STATIONS: _station,
    TERMINALS: _terminal,
    TRICYCLES: _tricycle,
    DELIVERIES: _delivery,
}
