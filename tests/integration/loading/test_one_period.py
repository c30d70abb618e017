"""One dataset and period is replaced in one transaction: counts, repeats, restatements, months."""

from __future__ import annotations

from datetime import date
from typing import Any

from tests.integration.loading.deliveries import Deliveries, operation, order, order_file, pages

DAY = "2025-09-30"


def _rows(warehouse: Any, query: str) -> list[tuple[Any, ...]]:
    with warehouse.connect("loader") as connection:
        return list(connection.execute(query).fetchall())


def _land_operations(deliveries: Deliveries, items: list[dict[str, Any]], version: int = 1) -> str:
    name = f"vehicle_operations_{DAY}.jsonl"
    return deliveries.land("transport", "vehicle_operations", DAY, name, pages(items), version)


def test_rows_of_all_pages_are_loaded_with_where_they_come_from(
    warehouse: Any, deliveries: Deliveries
) -> None:
    key = _land_operations(deliveries, [operation(n) for n in range(1, 6)])
    [outcome] = deliveries.load("transport", "vehicle_operations", DAY)
    assert (outcome.outcome_code, outcome.rows_in_file, outcome.rows_loaded, outcome.rows_rejected) == (
        "loaded",
        5,
        5,
        0,
    )
    assert outcome.affected_months == (date(2025, 9, 1),)
    assert outcome.complete_through == date(2025, 9, 30)
    found = _rows(
        warehouse,
        "select vehicle_id, distance_km, electricity_kwh, _city_code, _period, _source_file_key, _sheet, _row_number, "
        "_load_id from raw.transport_vehicle_operation order by _row_number",
    )
    assert found[2][0] == "V00003"
    assert str(found[2][1]) == "83.5"
    assert found[2][2:] == (None, "320700", DAY, key, None, 3, outcome.load_id)


def test_the_same_file_again_is_recognised_and_tells_how_far_it_is_complete(
    warehouse: Any, deliveries: Deliveries
) -> None:
    key = _land_operations(deliveries, [operation(1), operation(2)])
    [first] = deliveries.load("transport", "vehicle_operations", DAY)
    deliveries.complete_through(key, date(2025, 10, 1))
    [second] = deliveries.load("transport", "vehicle_operations", DAY)
    assert (first.outcome_code, second.outcome_code) == ("loaded", "unchanged")
    assert second.complete_through == date(2025, 10, 1)
    assert second.affected_months == ()
    assert _rows(warehouse, "select distinct _load_id from raw.transport_vehicle_operation") == [
        (first.load_id,)
    ]


def test_a_newer_file_replaces_exactly_its_period(warehouse: Any, deliveries: Deliveries) -> None:
    other_day = [operation(1, operation_date="2025-09-29")]
    deliveries.land("transport", "vehicle_operations", "2025-09-29", "a.jsonl", pages(other_day))
    deliveries.load("transport", "vehicle_operations", "2025-09-29")
    _land_operations(deliveries, [operation(1), operation(2), operation(3)])
    deliveries.load("transport", "vehicle_operations", DAY)
    _land_operations(deliveries, [operation(1, distance_km=7)], version=2)
    [outcome] = deliveries.load("transport", "vehicle_operations", DAY)
    assert (outcome.outcome_code, outcome.rows_replaced, outcome.rows_loaded) == ("loaded", 3, 1)
    found = _rows(
        warehouse, "select _period, distance_km::text from raw.transport_vehicle_operation order by 1"
    )
    assert found == [("2025-09-29", "81.5"), (DAY, "7")]


def test_months_of_deleted_and_of_new_rows_are_affected(warehouse: Any, deliveries: Deliveries) -> None:
    august = {"StartTime": "2025-08-31 23:50:00", "EndTime": "2025-09-30 09:00:00"}
    deliveries.land("power", "charge_orders", DAY, "a.jsonl.gz", order_file([order(1, **august), order(2)]))
    [first] = deliveries.load("power", "charge_orders", DAY)
    deliveries.land("power", "charge_orders", DAY, "a.jsonl.gz", order_file([order(2)]), version=2)
    [second] = deliveries.load("power", "charge_orders", DAY)
    assert first.affected_months == second.affected_months == (date(2025, 8, 1), date(2025, 9, 1))


def test_a_register_affects_no_month(warehouse: Any, deliveries: Deliveries) -> None:
    platform = {"platform_id": "F1", "platform_kind_code": "public", "name": "平台", "owner_name": None}
    dates = {
        "in_service_on": "2024-05-01",
        "out_of_service_on": None,
        "changed_at": "2024-05-02T10:00:00+08:00",
    }
    gone = dict.fromkeys(platform | dates) | {"platform_id": "F2", "changed_at": dates["changed_at"]}
    items = [platform | dates | {"is_deleted": False}, gone | {"is_deleted": True}]
    deliveries.land("transport", "platforms", "2025-09", "p.jsonl", pages(items))
    [outcome] = deliveries.load("transport", "platforms", "2025-09")
    assert (outcome.rows_loaded, outcome.rows_rejected, outcome.affected_months) == (2, 0, ())
    found = _rows(warehouse, "select platform_id, is_deleted, name from raw.transport_platform order by 1")
    assert found == [("F1", False, "平台"), ("F2", True, None)]


def test_an_empty_answer_empties_the_period(warehouse: Any, deliveries: Deliveries) -> None:
    _land_operations(deliveries, [operation(1)])
    deliveries.load("transport", "vehicle_operations", DAY)
    _land_operations(deliveries, [], version=2)
    [outcome] = deliveries.load("transport", "vehicle_operations", DAY)
    assert (outcome.outcome_code, outcome.rows_in_file, outcome.rows_replaced) == ("loaded", 0, 1)


def test_nothing_landed_is_no_outcome(deliveries: Deliveries) -> None:
    assert deliveries.load("transport", "vehicle_operations", DAY) == []
