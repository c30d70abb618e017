"""A month's true totals of a city's events, revisions included, to compare with the warehouse's."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

import numpy as np

from demo_city.charging_sessions import DAY
from demo_city.city import City
from demo_city.random_generator import day_end, month_end
from demo_city.versioned_register import Row

_ORDERS, _STATISTICS = "power_charge_order", "power_connector_energy"
_OPERATIONS = "transport_vehicle_operation"


@dataclass
class EventTotals:
    """A month's events. Sessions and vehicle-days belong to the day of their start; kWh, yuan, km."""

    period_month: date
    session_count: int = 0
    session_energy_kwh: Decimal = Decimal(0)
    session_fee_yuan: Decimal = Decimal(0)
    stats_energy_kwh: Decimal = Decimal(0)
    vehicle_days: int = 0
    distance_km: Decimal = Decimal(0)


def true_event_totals(city: City, month: date, as_of: date | None = None) -> EventTotals:
    """Return a month's totals of the events that have reached the agencies' deliveries when `as_of` is over.

    A session that ends after midnight is pushed a day later, so that a running month has the statistics' energy of
    its last day in full, but not yet every session. Without `as_of` everything has arrived.
    """
    totals = EventTotals(month.replace(day=1))
    last = min(month_end(month), as_of) if as_of else month_end(month)
    cents = Decimal("0.01")
    for day in (month.replace(day=n) for n in range(1, last.day + 1)):
        columns = city.power.sessions(day).sessions
        arrived = columns.end < DAY if day == as_of else np.ones(len(columns.end), dtype=bool)
        fees = columns.electricity_fee + columns.service_fee
        totals.session_count += int(arrived.sum())
        totals.session_energy_kwh += int(columns.energy[arrived].sum()) * cents
        totals.session_fee_yuan += int(fees[arrived].sum()) * cents
        totals.stats_energy_kwh += int(columns.energy.sum()) * cents
        rows = city.vehicle_operations(day)
        totals.vehicle_days += len(rows)
        totals.distance_km += sum((row["distance_km"] for row in rows), Decimal(0))
    _add_revisions(totals, city, day_end(as_of or date.max - timedelta(days=1)))
    return totals


def _add_revisions(found: EventTotals, city: City, known_at: datetime) -> None:
    """Add to a month's totals what is different about its events by what is known at a moment.

    A session belongs to the month in which it began, whenever it was pushed.
    """
    label = f"{found.period_month:%Y-%m}"
    for sign, order in _differences(city, _ORDERS, city.power.charge_orders_pushed, known_at):
        if order["StartTime"].startswith(label):
            found.session_count += sign
            found.session_energy_kwh += sign * Decimal(order["TotalPower"])
            found.session_fee_yuan += sign * Decimal(order["TotalMoney"])
    for sign, stats in _differences(city, _STATISTICS, lambda day: _statistics(city, day), known_at):
        if stats["StartTime"].startswith(label):
            found.stats_energy_kwh += sign * Decimal(stats["StationElectricity"])
    for sign, row in _differences(city, _OPERATIONS, city.vehicle_operations, known_at):
        if f"{row['operation_date']}".startswith(label):
            found.vehicle_days += sign
            found.distance_km += sign * Decimal(row["distance_km"])


def _differences(
    city: City, dataset: str, rows_of: Callable[[date], list[Row]], known_at: datetime
) -> Iterator[tuple[int, Any]]:
    """Yield the rows of every revised day as known (+1) and as they were before (-1)."""
    for day in sorted({day for at, day in city.late_knowledge.periods(dataset) if at < known_at}):
        before = rows_of(day)
        yield from ((1, row) for row in city.late_knowledge.rows(dataset, day, before, known_at))
        yield from ((-1, row) for row in before)


def _statistics(city: City, day: date) -> list[Row]:
    return [
        {"StationID": station, **city.power.station_stats(station, day)}
        for station in city.power.station_ids()
    ]
