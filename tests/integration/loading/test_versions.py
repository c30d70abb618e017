"""Which version of a record and which file of a period counts, and what is said of those that do not."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.integration.loading.deliveries import Deliveries, answers, order, order_file
from tests.integration.loading.postal_forms import FORMS
from tests.unit.contracts.test_row_model import VEHICLE

DAY = "2025-09-30"
SLIP = {"TotalPower": 2000.0, "ChargeDetails": [], "SumPeriod": 0}
IN_ALL_YEARS = datetime(2099, 9, 15, 9, tzinfo=UTC)


def _load_orders(deliveries: Deliveries, *orders: dict[str, Any]) -> Any:
    deliveries.land("power", "charge_orders", DAY, "charge_orders_20250930.jsonl.gz", order_file(orders))
    [outcome] = deliveries.load("power", "charge_orders", DAY)
    assert outcome.rows_in_file == outcome.rows_loaded + outcome.rows_rejected == len(orders)
    return outcome


def _rows(warehouse: Any, query: str) -> list[tuple[Any, ...]]:
    with warehouse.connect("loader") as connection:
        return list(connection.execute(query).fetchall())


@pytest.mark.parametrize("slips", [1, 30])
def test_the_newest_push_of_an_order_counts_within_a_day(
    warehouse: Any, deliveries: Deliveries, slips: int
) -> None:
    # So many older versions would break the tolerance if they were faults.
    outcome = _load_orders(deliveries, *[order(1, **SLIP)] * slips, order(2), order(1))
    assert (outcome.rows_loaded, outcome.rows_rejected, outcome.complete_through is None) == (2, slips, False)
    energies = "select start_charge_seq, energy_kwh::text from raw.power_charge_order order by 1"
    assert [energy for _, energy in _rows(warehouse, energies)] == ["20.0", "20.0"]
    reasons = "select distinct reason_code, message_zh ~ '第 (3|32) 行有更新的版本' from ops.rejected_row"
    assert _rows(warehouse, reasons) == [("superseded", True)]


def test_the_same_push_again_is_a_repetition(warehouse: Any, deliveries: Deliveries) -> None:
    _load_orders(deliveries, order(1), order(2), order(1))
    assert _rows(warehouse, "select row_number, reason_code from ops.rejected_row") == [(1, "duplicate_key")]


def test_a_newest_push_that_is_rejected_leaves_the_one_before(warehouse: Any, deliveries: Deliveries) -> None:
    _load_orders(deliveries, order(1), order(1, TotalMoney=99))
    assert _rows(warehouse, "select total_fee_yuan::text from raw.power_charge_order") == [("20.0",)]


def _load_vehicles(deliveries: Deliveries, *changes: dict[str, Any], period: str = DAY) -> Any:
    items = [VEHICLE | change for change in changes]
    content = answers([({}, json.dumps({"code": 0, "total": len(items), "items": items}))])
    deliveries.land("transport", "vehicles", period, f"vehicles_{period}.jsonl", content)
    [outcome] = deliveries.load("transport", "vehicles", period)
    return outcome


def test_of_two_versions_in_one_window_the_newest_counts(warehouse: Any, deliveries: Deliveries) -> None:
    early, late = "2025-09-30T08:00:00+08:00", "2025-09-30T09:00:00+08:00"
    outcome = _load_vehicles(
        deliveries,
        {"changed_at": late, "gross_mass_kg": 3000},
        {"changed_at": early, "gross_mass_kg": 1000},
        {"vehicle_id": "V2", "changed_at": early, "gross_mass_kg": 1000},
        {"vehicle_id": "V2", "changed_at": early, "gross_mass_kg": 2000},
    )
    assert (outcome.rows_loaded, outcome.rows_rejected) == (2, 2)
    masses = "select gross_mass_kg::int from raw.transport_vehicle order by vehicle_id"
    assert _rows(warehouse, masses) == [(3000,), (2000,)]


def test_a_change_in_the_future_is_loaded_and_reported(deliveries: Deliveries) -> None:
    outcome = _load_vehicles(
        deliveries, {}, {"vehicle_id": "V2", "changed_at": IN_ALL_YEARS.isoformat()}, period="2099-09-15"
    )
    assert outcome.rows_loaded == 2
    [warning] = [each for each in outcome.warnings if each.code == "changed_in_future"]
    assert (warning.count, warning.severity) == (1, "warning")
    assert "2099-09-15 17:00:00+08:00" in warning.message_zh and "2099-09-15" in warning.message_en


@pytest.mark.parametrize(
    ("started_at", "is_loaded"),
    [
        ("1950-01-01 08:00:00", False), ("2022-12-30 23:59:59", False), ("2022-12-31 23:50:00", True),
        ("2024-09-30 10:00:00", True), ("2025-09-30 23:59:59", True), ("2025-10-01 00:00:00", False),
        ("2099-12-31 23:59:59", False),
    ],
)  # fmt: skip
def test_a_session_outside_the_programme_is_rejected_and_makes_no_month(
    warehouse: Any, deliveries: Deliveries, started_at: str, is_loaded: bool
) -> None:
    outcome = _load_orders(
        deliveries, order(1), order(2, StartTime=started_at, EndTime=max(started_at, f"{DAY} 23:59:59"))
    )
    expected = [] if is_loaded else [("started_at", "outside_programme")]
    assert _rows(warehouse, "select column_name, reason_code from ops.rejected_row") == expected
    assert len(outcome.affected_months) == (1 if started_at[:7] == DAY[:7] or not is_loaded else 2)


def test_a_file_from_before_the_programme_is_that_of_its_own_year(deliveries: Deliveries) -> None:
    days = ("2016-09-01", "2016-08-31", "2014-09-01")
    orders = [
        order(n, StartTime=f"{day} 08:00:00", EndTime="2016-09-01 09:00:00") for n, day in enumerate(days)
    ]
    deliveries.land("power", "charge_orders", days[0], "a.jsonl.gz", order_file(orders))
    [outcome] = deliveries.load("power", "charge_orders", days[0])
    assert (outcome.rows_loaded, outcome.rows_rejected) == (2, 1)


def _land(deliveries: Deliveries, content: str, arrival: int, delivered: datetime, version: int = 1) -> None:
    """Land a file that arrives so many hours after the first one; `delivered` is its time on the sender's server."""
    name = f"postal_tricycles_202509_v{version}.csv"
    key = deliveries.land("postal", "tricycles", "2025-09", name, content.encode("utf-8-sig"), version)
    at = datetime(2025, 10, 1, tzinfo=UTC) + timedelta(hours=arrival)
    with deliveries.warehouse.connect("owner") as connection:
        connection.execute(
            "update ops.source_file set delivered_at = %s, first_received_at = %s, last_received_at = %s "
            "where source_file_key = %s",
            [delivered, at, at, key],
        )


CORRECTED = FORMS["tricycles"].replace("TR1", "TR9")
USUAL = datetime(2025, 9, 30, 12, tzinfo=UTC)


def _loaded(warehouse: Any, deliveries: Deliveries) -> tuple[str, list[str]]:
    [outcome] = deliveries.load("postal", "tricycles", "2025-09")
    [(number,)] = _rows(warehouse, "select tricycle_no from raw.postal_tricycle")
    return number, [each.code for each in outcome.warnings if each.code == "later_file_does_not_count"]


def test_a_sender_whose_clock_was_ahead_can_correct_its_file(warehouse: Any, deliveries: Deliveries) -> None:
    _land(deliveries, FORMS["tricycles"], 0, IN_ALL_YEARS)
    assert _loaded(warehouse, deliveries) == ("TR1", [])
    _land(deliveries, CORRECTED, 48, USUAL + timedelta(days=2))
    assert _loaded(warehouse, deliveries) == ("TR9", [])


@pytest.mark.parametrize(
    ("delivered", "version"), [(USUAL - timedelta(days=3), 2), (USUAL + timedelta(days=1), 1)]
)
def test_a_later_file_that_does_not_count_is_reported(
    warehouse: Any, deliveries: Deliveries, delivered: datetime, version: int
) -> None:
    _land(deliveries, FORMS["tricycles"], 0, USUAL, version=2)
    assert _loaded(warehouse, deliveries) == ("TR1", [])
    _land(deliveries, CORRECTED, 24, delivered, version)
    assert _loaded(warehouse, deliveries) == ("TR1", ["later_file_does_not_count"])


def test_content_that_returns_counts_again(warehouse: Any, deliveries: Deliveries) -> None:
    _land(deliveries, FORMS["tricycles"], 0, USUAL)
    _land(deliveries, CORRECTED, 24, USUAL + timedelta(days=1))
    assert _loaded(warehouse, deliveries) == ("TR9", [])
    _land(deliveries, FORMS["tricycles"], 48, USUAL + timedelta(days=2))
    with warehouse.connect("owner") as connection:
        connection.execute(
            "update ops.source_file set first_received_at = %s where delivered_at = %s",
            [USUAL + timedelta(hours=1), USUAL + timedelta(days=2)],
        )
    assert _loaded(warehouse, deliveries)[0] == "TR1"
