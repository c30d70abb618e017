"""Each reason planted in a real file and seen in ops.rejected_row, with file, row, column and both languages."""

from __future__ import annotations

import json
from typing import Any

import pytest
from green_freight.loading import LoadStoppedError

from tests.integration.loading.deliveries import Deliveries, answers, operation, order, order_file, pages

DAY = "2025-09-30"
DETAIL = order(1)["ChargeDetails"][0]


def _rejected(warehouse: Any) -> list[tuple[Any, ...]]:
    with warehouse.connect("loader") as connection:
        return list(
            connection.execute(
                "select row_number, column_name, reason_code, message_zh, message_en, row_content, file_name, sheet "
                "from ops.rejected_row order by row_number, reason_code"
            ).fetchall()
        )


@pytest.mark.parametrize(
    ("changes", "column", "reason"),
    [
        ({"EndTime": ""}, "ended_at", "missing_value"),
        ({"TotalPower": None}, "energy_kwh", "missing_value"),
        ({"TotalElecMoney": "约十元"}, "electricity_fee_yuan", "not_a_number"),
        ({"StartTime": "2025-02-30 25:61:00"}, "started_at", "not_a_date"),
        ({"StopReason": "A1"}, "stop_reason_code", "bad_pattern"),
        ({"StartChargeSeq": "MAD00007812"}, "start_charge_seq", "bad_pattern"),
        ({"ConnectorID": "C" * 27}, "connector_id", "too_long"),
        ({"ConnectorID": "C\x00"}, "connector_id", "bad_character"),
        ({"TotalPower": 50_020, "ChargeDetails": []}, "energy_kwh", "out_of_range"),
        ({"SumPeriod": "many"}, "detail_count", "not_a_number"),
        ({"EndTime": "2025-09-30 07:59:59"}, "ended_at", "end_before_start"),
        ({"TotalPower": -0.01, "ChargeDetails": [], "SumPeriod": 0}, "energy_kwh", "negative_energy"),
        ({"TotalMoney": 20.02}, "total_fee_yuan", "fee_sum_mismatch"),
        ({"TotalPower": 20.02}, "energy_kwh", "detail_sum_mismatch"),
        ({"SumPeriod": 3}, "detail_count", "detail_count_mismatch"),
        ({"ChargeDetails": None}, "detail_count", "detail_count_mismatch"),
        ({"ChargeDetails": "two"}, "charge_details", "not_a_list"),
        ({"ChargeDetails": [{}, {}]}, "charge_details", "not_a_number"),
        (
            {"ChargeDetails": [DETAIL | {"note": "\x00"}, order(1)["ChargeDetails"][1]]},
            "charge_details",
            "bad_character",
        ),
    ],
)
def test_a_bad_order_is_rejected(
    warehouse: Any, deliveries: Deliveries, changes: dict[str, Any], column: str, reason: str
) -> None:
    rows = [order(1), order(2, **changes), order(3)]
    deliveries.land("power", "charge_orders", DAY, "charge_orders_20250930.jsonl.gz", order_file(rows))
    [outcome] = deliveries.load("power", "charge_orders", DAY)
    assert (outcome.rows_in_file, outcome.rows_loaded, outcome.rows_rejected) == (3, 2, 1)
    [(number, found, code, zh, en, content, file_name, sheet)] = _rejected(warehouse)
    assert (number, found, code, file_name, sheet) == (
        2,
        column,
        reason,
        "charge_orders_20250930.jsonl.gz",
        None,
    )
    assert "供电公司" in zh and "第 2 行" in zh and "charge_orders_20250930.jsonl.gz" in zh
    assert "power company" in en and "row 2" in en
    assert isinstance(content, dict)


def test_the_edge_of_a_tolerance_is_kept(deliveries: Deliveries) -> None:
    rows = [order(1, TotalMoney=20.01), order(2, TotalPower=20.01), order(3, EndTime="2025-09-30 08:00:00")]
    rows.append(order(4, TotalPower=0, ChargeDetails=[], SumPeriod=0))
    deliveries.land("power", "charge_orders", DAY, "a.jsonl.gz", order_file(rows))
    [outcome] = deliveries.load("power", "charge_orders", DAY)
    assert outcome.rows_rejected == 0


def test_a_line_that_is_no_json_or_no_order_is_a_rejected_row(warehouse: Any, deliveries: Deliveries) -> None:
    content = order_file([order(1), b'{"StartChargeSeq": ', b"", "only text", order(2)])
    deliveries.land("power", "charge_orders", DAY, "a.jsonl.gz", content)
    [outcome] = deliveries.load("power", "charge_orders", DAY)
    assert (outcome.rows_in_file, outcome.rows_loaded, outcome.rows_rejected) == (4, 2, 2)
    assert [(row[0], row[2]) for row in _rejected(warehouse)] == [(2, "not_json"), (4, "not_an_object")]


def test_a_repeated_key_is_rejected_and_the_first_row_kept(warehouse: Any, deliveries: Deliveries) -> None:
    rows = [operation(1), operation(2), operation(1, distance_km=5), operation(1, distance_km=6)]
    deliveries.land("transport", "vehicle_operations", DAY, "a.jsonl", pages(rows))
    [outcome] = deliveries.load("transport", "vehicle_operations", DAY)
    assert (outcome.rows_in_file, outcome.rows_loaded, outcome.rows_rejected) == (4, 2, 2)
    found = _rejected(warehouse)
    assert [(row[0], row[2]) for row in found] == [(3, "duplicate_key"), (4, "duplicate_key")]
    assert "第 1 行" in found[0][3] and "row 1" in found[0][4]
    with warehouse.connect("loader") as connection:
        query = "select distance_km::text from raw.transport_vehicle_operation where vehicle_id = 'V00001'"
        assert connection.execute(query).fetchall() == [("81.5",)]


def test_a_row_of_another_day_is_rejected(warehouse: Any, deliveries: Deliveries) -> None:
    rows = [operation(1), operation(2, operation_date="2025-10-01")]
    deliveries.land("transport", "vehicle_operations", DAY, "a.jsonl", pages(rows))
    deliveries.load("transport", "vehicle_operations", DAY)
    assert [row[1:3] for row in _rejected(warehouse)] == [("operation_date", "outside_period")]


def test_a_wrong_vin_is_kept_with_a_warning(warehouse: Any, deliveries: Deliveries) -> None:
    rows = [order(1, Vin="1HGCM82633A004353"), order(2, Vin=None), order(3)]
    deliveries.land("power", "charge_orders", DAY, "a.jsonl.gz", order_file(rows))
    [outcome] = deliveries.load("power", "charge_orders", DAY)
    assert outcome.rows_loaded == 3
    [warning] = outcome.warnings
    assert (warning.code, warning.column, warning.count) == ("bad_check_digit", "vin", 1)
    assert "1HGCM82633A004353" in warning.message_en


def _statistics(station: float, piles: list[tuple[float, list[float]]]) -> bytes:
    equipments = [
        {
            "EquipmentID": f"P{number}",
            "EquipmentElectricity": energy,
            "ConnectorStatsInfos": [
                {"ConnectorID": f"P{number}-{at}", "ConnectorElectricity": each}
                for at, each in enumerate(parts)
            ],
        }
        for number, (energy, parts) in enumerate(piles)
    ]
    stats = {"StationID": "S1", "StartTime": DAY, "EndTime": DAY, "StationElectricity": station}
    body = {"StationStats": stats | {"EquipmentStatsInfos": equipments}}
    return answers([({"StationID": "S1", "StartTime": DAY}, json.dumps(body))])


def test_statistics_must_add_up(warehouse: Any, deliveries: Deliveries) -> None:
    good = _statistics(30.5, [(20.5, [10.25, 10.25]), (10, [10])])
    deliveries.land("power", "station_stats", DAY, "a.jsonl", good)
    [outcome] = deliveries.load("power", "station_stats", DAY)
    assert (outcome.rows_loaded, outcome.rows_rejected) == (3, 0)
    deliveries.land(
        "power", "station_stats", DAY, "a.jsonl", _statistics(30.5, [(20.5, [10.25, 11.25]), (10, [10])]), 2
    )
    [outcome] = deliveries.load("power", "station_stats", DAY)
    assert (outcome.rows_loaded, outcome.rows_rejected) == (1, 2)
    deliveries.land(
        "power", "station_stats", DAY, "a.jsonl", _statistics(99, [(20.5, [10.25, 10.25]), (10, [10])]), 3
    )
    # None is left: what was loaded before stays.
    with pytest.raises(LoadStoppedError, match="3 of 3 rows"):
        deliveries.load("power", "station_stats", DAY)
    found = {(row[1], row[2]) for row in _rejected(warehouse)}
    assert found == {("equipment_kwh", "detail_sum_mismatch"), ("station_kwh", "detail_sum_mismatch")}


def test_what_no_column_can_hold_is_recorded_and_the_others_are_loaded(
    warehouse: Any, deliveries: Deliveries
) -> None:
    bad: list[dict[str, Any]] = [
        {"vehicle_id": "V\ud83d"}, {"distance_km": float("nan")}, {"distance_km": "1e-20000"}, {"trip_count": 10**30},
        {"vehicle_id": "V\x00"}, {"vehicle_id": 3.2e25}, {"\ud83d\x00": 1, "distance_km": float("inf")},
    ]  # fmt: skip
    rows = [operation(1), operation(2, vehicle_id=32070600000300520000001)]
    rows += [operation(10 + number, **change) for number, change in enumerate(bad)]
    body = json.dumps({"code": 0, "total": len(rows), "items": rows})
    deliveries.land("transport", "vehicle_operations", DAY, "a.jsonl", answers([({}, body)]))
    [outcome] = deliveries.load("transport", "vehicle_operations", DAY)
    assert (outcome.rows_in_file, outcome.rows_loaded, outcome.rows_rejected) == (9, 2, 7)
    assert [row[2] for row in _rejected(warehouse)] == [
        "bad_character", "not_a_number", "out_of_range", "out_of_range", "bad_character", "damaged_identifier",
        "not_a_number",
    ]  # fmt: skip


@pytest.mark.usefixtures("every_share_tolerated")
def test_numbers_in_their_normal_form_are_one_thing_for_the_database(
    warehouse: Any, deliveries: Deliveries
) -> None:
    ids = (
        "v00001",
        "V00001\u200b",
        "\ufeffＶ00001",
        32070600000300520000001,
        32070600000300520000002,
        "V\ud83d",
    )
    rows = [operation(n, vehicle_id=each) for n, each in enumerate(ids)]
    body = json.dumps({"code": 0, "total": len(rows), "items": rows})
    deliveries.land("transport", "vehicle_operations", DAY, "a.jsonl", answers([({}, body)]))
    [outcome] = deliveries.load("transport", "vehicle_operations", DAY)
    assert (outcome.rows_in_file, outcome.rows_loaded, outcome.rows_rejected) == (6, 3, 3)
    with warehouse.connect("loader") as connection:
        found = connection.execute(
            "select vehicle_id from raw.transport_vehicle_operation order by 1"
        ).fetchall()
    assert found == [("32070600000300520000001",), ("32070600000300520000002",), ("V00001",)]
