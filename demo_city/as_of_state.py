"""What can be known about the city when a day is over: current register versions, and the forms delivered by then."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from typing import TYPE_CHECKING

from demo_city.random_generator import day_end, month_end, month_starts
from demo_city.versioned_register import Row

if TYPE_CHECKING:
    from demo_city.city import City

# StationType 1 public, 102 logistics: the others may not be used by delivery vehicles
USABLE_STATION_TYPES = frozenset({1, 102})


@dataclass(frozen=True)
class Span:
    """The days on which a thing is in service: from `since` (None: never yet) to before `until` (None: open)."""

    since: date | None
    until: date | None

    def covers(self, day: date) -> bool:
        """Tell whether the thing is in service at the end of a day."""
        return self.since is not None and self.since <= day and (self.until is None or self.until > day)

    def begins_within(self, first: date, last: date) -> bool:
        """Tell whether the thing came into service between two days, both included."""
        return self.since is not None and first <= self.since <= last


@dataclass
class AsOfState:
    """The rows that count, as known at the end of `as_of`. Forms are stored by the first day of their month."""

    as_of: date
    vehicles: list[Row] = field(default_factory=list)
    nodes: list[Row] = field(default_factory=list)
    stopping_places: list[Row] = field(default_factory=list)
    platforms: list[Row] = field(default_factory=list)
    enterprises: list[Row] = field(default_factory=list)
    certificates: list[Row] = field(default_factory=list)
    milestones: list[Row] = field(default_factory=list)
    funds: list[Row] = field(default_factory=list)
    usable_stations: list[Span] = field(default_factory=list)
    usable_piles: list[Span] = field(default_factory=list)
    terminal_stations: list[Row] | None = None
    tricycles: dict[date, list[Row]] = field(default_factory=dict)
    store_deliveries: dict[date, list[Row]] = field(default_factory=dict)


def as_of_state(city: City, as_of: date) -> AsOfState:
    """Return what is known about the city when the day `as_of` is over (Shanghai)."""
    known = AsOfState(
        as_of=as_of,
        vehicles=city.register_as_known("transport_vehicle", as_of),
        nodes=city.register_as_known("transport_node", as_of),
        stopping_places=city.register_as_known("transport_stopping_place", as_of),
        platforms=city.register_as_known("transport_platform", as_of),
        enterprises=city.register_as_known("transport_enterprise", as_of),
        certificates=city.register_as_known("transport_enterprise_grade", as_of),
        milestones=city.register_as_known("transport_milestone", as_of),
        funds=city.register_as_known("transport_fund", as_of),
    )
    until = day_end(as_of)
    for _, station in city.late_knowledge.stations(city.power, until):
        if station["StationType"] in USABLE_STATION_TYPES:
            known.usable_stations.append(_span(station))
            known.usable_piles += [
                _narrower(_span(station), _span(pile)) for pile in station["EquipmentInfos"]
            ]
    for month in month_starts(city.first_day, as_of):
        # the forms of a month arrive in the evening of its last day
        if month_end(month) <= min(as_of, month_end(city.last_day)):
            known.terminal_stations = _form(city, "postal_terminal_station", month, until)
            known.tricycles[month] = _form(city, "postal_tricycle", month, until)
            known.store_deliveries[month] = _form(city, "commerce_store_delivery", month, until)
    return known


def _form(city: City, dataset: str, month: date, until: datetime) -> list[Row]:
    return city.late_knowledge.rows(dataset, month, city.form_rows(dataset, month), until)


def _span(info: Row) -> Span:
    """Read OfficialRunTime and DecommissionTime; "" is "not yet"."""
    since, until = info["OfficialRunTime"], info["DecommissionTime"]
    return Span(date.fromisoformat(since) if since else None, date.fromisoformat(until) if until else None)


def _narrower(station: Span, pile: Span) -> Span:
    """Return when a pile works: from the later beginning to the earlier end of pile and station."""
    since = max(station.since, pile.since) if station.since and pile.since else None
    return Span(since, min((day for day in (station.until, pile.until) if day), default=None))
