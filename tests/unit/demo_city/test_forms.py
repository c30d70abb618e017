"""The monthly forms and the vehicles' days: parts within the whole, units, growth, coverage."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from demo_city.city import City
from demo_city.random_generator import form_delivered_at, month_starts

SEPTEMBER = date(2025, 9, 1)


@pytest.fixture(scope="module")
def city() -> City:
    return City(volume=0.2)


def test_store_freight_has_its_parts_within_the_whole(city: City) -> None:
    for month in month_starts(city.first_day, city.last_day)[:40]:
        for row in city.form_rows("commerce_store_delivery", month):
            union = row["joint_tonnes"] + row["night_tonnes"] - row["joint_night_tonnes"]
            assert 0 <= row["joint_night_tonnes"] <= min(row["joint_tonnes"], row["night_tonnes"])
            assert union <= row["total_tonnes"]
            assert row["total_tonnes"].as_tuple().exponent == -3
            assert row["report_month"] == f"{month:%Y-%m}"


def test_some_stores_deliver_both_ways_and_one_had_no_freight(city: City) -> None:
    assert any(row["joint_night_tonnes"] > 0 for row in city.form_rows("commerce_store_delivery", SEPTEMBER))
    closed = [
        row for row in city.form_rows("commerce_store_delivery", date(2024, 8, 1)) if row["total_tonnes"] == 0
    ]
    assert [row["store_code"] for row in closed] == ["SC0060"]
    assert sum(row["is_centre_area"] for row in city.form_rows("commerce_store_delivery", SEPTEMBER)) == 80


def test_tricycle_file_is_the_full_register_as_of_the_month(city: City) -> None:
    rows = city.form_rows("postal_tricycle", SEPTEMBER)
    assert len({row["tricycle_no"] for row in rows}) == len(rows)
    assert any(row["in_use_to"] for row in rows)
    assert all(row["in_use_to"] is None or row["in_use_to"] <= date(2025, 9, 30) for row in rows)
    assert all(row["in_use_from"] <= row["inspected_on"] <= date(2025, 9, 30) for row in rows)


def test_terminal_stations_are_not_all_joint(city: City) -> None:
    rows = city.form_rows("postal_terminal_station", SEPTEMBER)
    assert {row["is_joint"] for row in rows} == {True, False}
    assert sum(row["is_joint"] and row["opened_on"].year == 2025 for row in rows) == 8


def test_parcels_cover_every_region_and_company(city: City) -> None:
    rows = city.form_rows("postal_parcel_volume", SEPTEMBER)
    assert len({(row["region_code"], row["company_name"]) for row in rows}) == len(rows) == 8 * 5


def test_some_cold_chain_firms_are_delivery_enterprises_too(city: City) -> None:
    transport = {row["credit_code"] for row in city.register_versions("transport_enterprise")}
    cold = city.form_rows("commerce_cold_chain_enterprise", SEPTEMBER)
    assert sum(row["credit_code"] in transport for row in cold) == 1
    names = {row["credit_code"]: row["name"] for row in city.register_versions("transport_enterprise")}
    assert all(names.get(row["credit_code"], row["name"]) == row["name"] for row in cold)


def test_informatization_is_a_percentage(city: City) -> None:
    for month in month_starts(city.first_day, city.last_day):
        assert all(
            0 < row["informatization_pct"] <= 100
            for row in city.form_rows("commerce_pharma_enterprise", month)
        )


def test_forms_arrive_in_the_evening_of_the_months_last_day() -> None:
    assert form_delivered_at(date(2024, 2, 1)).isoformat() == "2024-02-29T18:00:00+08:00"


def test_vehicle_days_are_of_vehicles_in_service_and_use_their_energy(city: City) -> None:
    day = date(2025, 9, 30)
    fleet = {row["vehicle_id"]: row for row in city.register_as_known("transport_vehicle", day)}
    rows = city.vehicle_operations(day)
    assert len({row["vehicle_id"] for row in rows}) == len(rows)
    for row in rows:
        vehicle = fleet[row["vehicle_id"]]
        assert vehicle["out_of_service_on"] is None or vehicle["out_of_service_on"] > day
        assert (row["electricity_kwh"] > 0) == (vehicle["new_energy_kind_code"] is not None)
        assert (row["fuel_litre"] > 0) == (vehicle["new_energy_kind_code"] in (None, "PHEV"))
        assert row["distance_km"].as_tuple().exponent == -1


def test_no_vehicle_drives_twice_a_day_at_high_volume() -> None:
    day = date(2025, 5, 16)
    rows = City(volume=3).vehicle_operations(day)
    assert len({row["vehicle_id"] for row in rows}) == len(rows) > 1700


def test_use_rises_and_energy_per_tonne_km_falls_over_the_years(city: City) -> None:
    """Items 31 and 32 of the national form need a trend to show."""

    def per_tonne_km(year: int) -> tuple[Decimal, Decimal]:
        rows = [row for n in range(1, 29) for row in city.vehicle_operations(date(year, 3, n))]
        electric = [row for row in rows if row["fuel_litre"] == 0]
        turnover = sum((row["turnover_tonne_km"] for row in electric), Decimal(0))
        return turnover / len(electric), sum((r["electricity_kwh"] for r in electric), Decimal(0)) / turnover

    (use_before, energy_before), (use_now, energy_now) = per_tonne_km(2023), per_tonne_km(2025)
    assert use_now > use_before
    assert energy_now < energy_before
