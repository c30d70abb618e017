"""Drift of the exchange is absorbed; columns that are new, missing or retyped are named."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from green_freight.loading import LoadStoppedError

from tests.integration.loading.deliveries import Deliveries, answers, operation, order, order_file, pages

DAY = "2025-09-30"


def _respelt(value: Any, spell: Callable[[str], str]) -> Any:
    if isinstance(value, dict):
        return {spell(key): _respelt(inner, spell) for key, inner in value.items()}
    return [_respelt(inner, spell) for inner in value] if isinstance(value, list) else value


def _as_text(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _as_text(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_as_text(inner) for inner in value]
    return str(value) if isinstance(value, int | float) else value


DRIFTS = {
    "lower-camel keys": lambda row: _respelt(row, lambda key: key[:1].lower() + key[1:]),
    "OperationID": lambda row: _respelt(row, lambda key: key.replace("OperatorID", "OperationID")),
    "numbers as strings": _as_text,
    "ElectMoney": lambda row: _respelt(row, lambda key: key.replace("ElecMoney", "ElectMoney")),
    "SubPeriod": lambda row: _respelt(row, lambda key: key.replace("SumPeriod", "SubPeriod")),
    "Service": lambda row: _respelt(row, lambda key: key.replace("Sevice", "Service")),
    "no OperatorID": lambda row: {key: value for key, value in row.items() if key != "OperatorID"},
}


@pytest.mark.parametrize("drift", DRIFTS)
def test_drift_gives_the_same_rows(warehouse: Any, deliveries: Deliveries, drift: str) -> None:
    rows = [order(1), order(2, TotalMoney="20.00", Vin=""), order(3)]
    found = []
    for version, content in enumerate((rows, [DRIFTS[drift](row) for row in rows]), start=1):
        deliveries.land("power", "charge_orders", DAY, "a.jsonl.gz", order_file(content), version)
        [outcome] = deliveries.load("power", "charge_orders", DAY)
        assert (outcome.outcome_code, outcome.rows_loaded, outcome.rows_rejected) == ("loaded", 3, 0)
        assert {warning.code for warning in outcome.warnings} <= {"drift_absorbed"}
        with warehouse.connect("loader") as connection:
            found.append(
                connection.execute(
                    "select start_charge_seq, operator_id, started_at, energy_kwh, electricity_fee_yuan, "
                    "service_fee_yuan, total_fee_yuan, stop_reason_code, detail_count, charge_details, vin "
                    "from raw.power_charge_order order by 1"
                ).fetchall()
            )
    assert found[0] == found[1]


def test_stations_piles_and_connectors_come_out_of_one_answer(warehouse: Any, deliveries: Deliveries) -> None:
    connector = {"ConnectorID": "C1", "ConnectorType": 4, "Power": 60}
    pile = {"EquipmentID": "P1", "EquipmentType": 1, "Power": "120.0", "ProductionDate": "2023-01-20"}
    pile |= {"OfficialRunTime": "2023-05-20", "DecommissionTime": "", "ConnectorInfos": [connector]}
    station = {
        "StationID": "S1",
        "OperationID": "MAD000078",
        "EquipmentOwnerID": "MAD000078",
        "StationName": "站",
    }
    station |= {
        "AreaCode": "320706",
        "StationType": 102,
        "StationStatus": 50,
        "StationLng": 119.2,
        "StationLat": 34.6,
    }
    station |= {
        "OfficialRunTime": "2023-05-20",
        "DecommissionTime": "",
        "ParkNums": 0,
        "EquipmentInfos": [pile],
    }
    page = {"PageNo": 1, "PageCount": 1, "ItemSize": 1, "stationInfos": [station]}
    content = answers([({}, json.dumps(page)), ({}, json.dumps(page | {"stationInfos": []}))])
    deliveries.land("power", "stations", "2025-09", "s.jsonl", content)
    outcomes = {outcome.dataset_id: outcome for outcome in deliveries.load("power", "stations", "2025-09")}
    assert {name: outcome.rows_loaded for name, outcome in outcomes.items()} == {
        "power_station": 1, "power_pile": 1, "power_connector": 1,
    }  # fmt: skip
    with warehouse.connect("loader") as connection:
        query = "select operator_id, station_type_code, official_run_on::text, decommissioned_on from raw.power_station"
        assert connection.execute(query).fetchone() == ("MAD000078", "102", "2023-05-20", None)
        query = "select connector_id, equipment_id, station_id, operator_id, connector_type_code "
        query += "from raw.power_connector"
        assert connection.execute(query).fetchone() == ("C1", "P1", "S1", "MAD000078", "4")


def test_a_station_without_its_dates_is_not_loaded(deliveries: Deliveries) -> None:
    station = {"StationID": "S1", "OperatorID": "MAD000078", "StationName": "站", "AreaCode": "320706"}
    stations = [station | {"StationID": f"S{n}", "StationType": 1, "StationStatus": 50} for n in range(3)]
    page = {"PageNo": 1, "PageCount": 1, "ItemSize": 3, "StationInfos": stations}
    deliveries.land("power", "stations", "2025-09", "s.jsonl", answers([({}, json.dumps(page))]))
    with pytest.raises(LoadStoppedError, match="official_run_on, decommissioned_on"):
        deliveries.load("power", "stations", "2025-09")


def test_a_new_column_is_ignored_and_named(deliveries: Deliveries) -> None:
    rows = [operation(1), operation(2, driver_name="王"), operation(3)]
    deliveries.land("transport", "vehicle_operations", DAY, "a.jsonl", pages(rows))
    [outcome] = deliveries.load("transport", "vehicle_operations", DAY)
    assert outcome.rows_loaded == 3
    [warning] = outcome.warnings
    assert (warning.code, warning.column) == ("new_column", "driver_name")


def test_a_missing_column_that_may_be_empty_is_a_warning(deliveries: Deliveries) -> None:
    rows = [operation(number) for number in range(3)]
    for row in rows:
        del row["fuel_litre"]
    deliveries.land("transport", "vehicle_operations", DAY, "a.jsonl", pages(rows))
    [outcome] = deliveries.load("transport", "vehicle_operations", DAY)
    assert [(warning.code, warning.column) for warning in outcome.warnings] == [
        ("missing_column", "fuel_litre")
    ]


def test_a_missing_column_that_is_required_stops(deliveries: Deliveries) -> None:
    rows = [operation(number) for number in range(3)]
    for row in rows:
        del row["distance_km"]
    deliveries.land("transport", "vehicle_operations", DAY, "operations.jsonl", pages(rows))
    with pytest.raises(LoadStoppedError) as stopped:
        deliveries.load("transport", "vehicle_operations", DAY)
    words = str(stopped.value)
    for part in (
        "市交通运输局",
        "transport bureau",
        "operations.jsonl",
        "distance_km",
        "缺少必需的列",
        "sourceNames",
    ):
        assert part in words


def test_a_retyped_column_stops(deliveries: Deliveries) -> None:
    rows = [
        operation(number, distance_km=word) for number, word in enumerate(("较高", "一般", "较低", "一般"))
    ]
    deliveries.land("transport", "vehicle_operations", DAY, "a.jsonl", pages(rows))
    with pytest.raises(LoadStoppedError, match="distance_km, expected number"):
        deliveries.load("transport", "vehicle_operations", DAY)


def test_one_readable_value_makes_it_a_fault_of_rows(deliveries: Deliveries) -> None:
    rows = [operation(number, distance_km=word) for number, word in enumerate(("较高", "一般", "较低", 80))]
    deliveries.land("transport", "vehicle_operations", DAY, "a.jsonl", pages(rows))
    [outcome] = deliveries.load("transport", "vehicle_operations", DAY)
    assert (outcome.rows_loaded, outcome.rows_rejected) == (1, 3)
