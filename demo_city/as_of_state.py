"""What can be known about the city when a day is over: current register versions, and the forms delivered by then."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING

from demo_city.contract_facts import REGISTER_KEYS
from demo_city.random_generator import day_end, month_end, month_starts
from demo_city.versioned_register import Row

if TYPE_CHECKING:
    from demo_city.city import City

# StationType 1 public, 102 logistics: the others may not be used by delivery vehicles
USABLE_STATION_TYPES = frozenset({1, 102})
FORMS = ("postal_terminal_station", "postal_tricycle", "commerce_store_delivery")


@dataclass(frozen=True)
class AsOfState:
    """The rows that count, as known at the end of `as_of`.

    `registers` are by dataset, with the stations and piles that delivery vehicles may use as `usable_station` and
    `usable_pile`; `forms` are by dataset and the first day of their month.
    """

    as_of: date
    registers: Mapping[str, list[Row]] = field(default_factory=dict)
    forms: Mapping[str, Mapping[date, list[Row]]] = field(default_factory=dict)


def as_of_state(city: City, as_of: date) -> AsOfState:
    """Return what is known about the city when the day `as_of` is over (Shanghai)."""
    known, until = city.late_knowledge, day_end(as_of)
    stations = [
        (_service(info), info)
        for _, info in known.stations(city.power, until)
        if info["StationType"] in USABLE_STATION_TYPES
    ]
    piles = [
        _narrower(station, _service(pile)) for station, info in stations for pile in info["EquipmentInfos"]
    ]
    registers = {dataset: city.register_as_known(dataset, as_of) for dataset in REGISTER_KEYS}
    registers |= {"usable_station": [station for station, _ in stations], "usable_pile": piles}
    # the forms of a month arrive in the evening of its last day
    latest = min(as_of, month_end(city.last_day))
    months = [month for month in month_starts(city.first_day, as_of) if month_end(month) <= latest]
    forms = {
        dataset: {
            month: known.rows(dataset, month, city.form_rows(dataset, month), until) for month in months
        }
        for dataset in FORMS
    }
    return AsOfState(as_of, registers, forms)


def _service(info: Row) -> Row:
    """Return between which days a station or pile is in service; "" is "not yet"."""
    since, until = info["OfficialRunTime"], info["DecommissionTime"]
    return {
        "in_service_on": date.fromisoformat(since) if since else None,
        "out_of_service_on": date.fromisoformat(until) if until else None,
    }


def _narrower(station: Row, pile: Row) -> Row:
    """Return when a pile works: from the later beginning to the earlier end of pile and station."""
    begun, ended = ([row[name] for row in (station, pile)] for name in ("in_service_on", "out_of_service_on"))
    return {
        "in_service_on": max(begun) if all(begun) else None,
        "out_of_service_on": min((day for day in ended if day), default=None),
    }
