"""What staging holds of one agency beside what the city knows at a moment: the columns that scenarios change."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date, datetime, timedelta
from typing import Any

from demo_city.city import City
from demo_city.versioned_register import Row

from .pipeline_warehouse import PipelineWarehouse
from .scenarios import EVENTS_FROM, FINAL, FORMS, MONTHS, REGISTERS

Facts = set[tuple[Any, ...]]

_REGISTERS = {
    "transport_node": "select node_id, node_name from staging.stg_transport__node",
    "transport_stopping_place": "select place_id, bay_count from staging.stg_transport__stopping_place",
    "transport_fund": "select entry_id, amount_yuan from staging.stg_transport__fund",
    "transport_vehicle": "select vehicle_id, gross_mass_kg from staging.stg_transport__vehicle",
}
_QUERIES = {
    **_REGISTERS,
    "transport_vehicle_operation": (
        "select vehicle_id, operation_date, distance_km from staging.stg_transport__vehicle_operation"
    ),
    "transport_reported_figure": (
        "select indicator_code, period_month, reported_value from staging.stg_transport__reported_figure"
        " where period_month = any(%(months)s)"
    ),
    "power_station": "select station_id, station_name from staging.stg_power__station",
    "power_pile": "select station_id, equipment_id from staging.stg_power__pile",
    "power_connector": "select equipment_id, connector_id from staging.stg_power__connector",
    "power_connector_energy": (
        "select connector_id, energy_date, connector_kwh from staging.stg_power__connector_energy"
    ),
    "power_charge_order": "select start_charge_seq, business_date, energy_kwh from staging.stg_power__charge_order",
    "postal_tricycle": (
        "select period_month, tricycle_no, is_marking_uniform from staging.stg_postal__tricycle"
        " where period_month = any(%(months)s)"
    ),
    "postal_terminal_station": (
        "select period_month, station_no, is_joint from staging.stg_postal__terminal_station"
        " where period_month = any(%(months)s)"
    ),
    "commerce_store_delivery": (
        "select period_month, store_code, is_centre_area from staging.stg_commerce__store_delivery"
        " where period_month = any(%(months)s)"
    ),
}


def staged(warehouse: PipelineWarehouse, agency: str) -> dict[str, Facts]:
    """Return what staging holds, by dataset; datasets without periods hold everything, forms MONTHS."""
    return {
        dataset: {tuple(row.values()) for row in warehouse.rows_named(query, months=list(MONTHS))}
        for dataset, query in _QUERIES.items()
        if dataset.startswith(agency)
    }


def known(city: City, agency: str, known_at: datetime) -> dict[str, Facts]:
    """Return the same as the city knows it at a moment, of the events since EVENTS_FROM."""
    return {
        dataset: set(facts(city, dataset, known_at))
        for dataset, facts in _KNOWN.items()
        if dataset.startswith(agency)
    }


def _register(city: City, dataset: str, known_at: datetime) -> Iterator[tuple[Any, ...]]:
    key, column, _ = REGISTERS[dataset]
    for row in city.register_as_known(dataset, FINAL):
        yield row[key], row[column]


def _operations(city: City, dataset: str, known_at: datetime) -> Iterator[tuple[Any, ...]]:
    for day in _days():
        for row in city.late_knowledge.rows(dataset, day, city.vehicle_operations(day), known_at):
            yield row["vehicle_id"], row["operation_date"], row["distance_km"]


def _figures(city: City, dataset: str, known_at: datetime) -> Iterator[tuple[Any, ...]]:
    for month in MONTHS:
        for row in city.late_knowledge.rows(dataset, month, city.reported_figures(month), known_at):
            yield row["indicator_code"], month, row["reported_value"]


def _stations(city: City, dataset: str, known_at: datetime) -> Iterator[tuple[Any, ...]]:
    for info in _infos(city, known_at):
        yield info["StationID"], info["StationName"]


def _piles(city: City, dataset: str, known_at: datetime) -> Iterator[tuple[Any, ...]]:
    for info in _infos(city, known_at):
        for pile in info["EquipmentInfos"]:
            yield info["StationID"], pile["EquipmentID"]


def _connectors(city: City, dataset: str, known_at: datetime) -> Iterator[tuple[Any, ...]]:
    for info in _infos(city, known_at):
        for pile in info["EquipmentInfos"]:
            for connector in pile["ConnectorInfos"]:
                yield pile["EquipmentID"], connector["ConnectorID"]


def _infos(city: City, known_at: datetime) -> Iterator[Row]:
    return (info for _, info in city.late_knowledge.stations(city.power, known_at))


def _energy(city: City, dataset: str, known_at: datetime) -> Iterator[tuple[Any, ...]]:
    stations = [info["StationID"] for info in _infos(city, known_at)]
    for day in _days():
        rows = [city.power.station_stats(station, day) for station in stations]
        for stats in city.late_knowledge.rows(dataset, day, rows, known_at):
            for pile in stats["EquipmentStatsInfos"]:
                for plug in pile["ConnectorStatsInfos"]:
                    yield plug["ConnectorID"], day, plug["ConnectorElectricity"]


def _orders(city: City, dataset: str, known_at: datetime) -> Iterator[tuple[Any, ...]]:
    newest: dict[str, Row] = {}
    for day in _days():
        pushed = city.late_knowledge.rows(dataset, day, city.power.charge_orders_pushed(day), known_at)
        newest |= {order["StartChargeSeq"]: order for order in pushed}
    for sequence, order in newest.items():
        yield sequence, date.fromisoformat(order["StartTime"][:10]), order["TotalPower"]


def _form(city: City, dataset: str, known_at: datetime) -> Iterator[tuple[Any, ...]]:
    key, column = FORMS[dataset]
    for month in MONTHS:
        for row in city.late_knowledge.rows(dataset, month, city.form_rows(dataset, month), known_at):
            yield month, row[key], row[column]


def _days() -> Iterator[date]:
    day = EVENTS_FROM
    while day <= FINAL:
        yield day
        day += timedelta(days=1)


_KNOWN: dict[str, Callable[[City, str, datetime], Iterator[tuple[Any, ...]]]] = {
    **dict.fromkeys(REGISTERS, _register),
    **dict.fromkeys(FORMS, _form),
    "transport_vehicle_operation": _operations,
    "transport_reported_figure": _figures,
    "power_station": _stations,
    "power_pile": _piles,
    "power_connector": _connectors,
    "power_connector_energy": _energy,
    "power_charge_order": _orders,
}
