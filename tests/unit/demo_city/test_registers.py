"""The registers: the plan's real size, versions and tombstones, stories that the indicators' traps need."""

from __future__ import annotations

import time
from collections import Counter
from datetime import date, timedelta

import pytest

from demo_city import DEMONSTRATION_DAY
from demo_city.city import City
from demo_city.contract_facts import REGISTER_KEYS
from demo_city.random_generator import month_end

END = date(2026, 12, 31)


@pytest.fixture(scope="module")
def city() -> City:
    return City(volume=0.0)


def test_city_is_built_in_under_two_seconds() -> None:
    began = time.process_time()
    City(seed=4)
    assert time.process_time() - began < 2


def test_registers_have_the_plans_size(city: City) -> None:
    vehicles = city.register_as_known("transport_vehicle", DEMONSTRATION_DAY)
    assert 1950 <= len(vehicles) <= 2050
    assert len(city.register_as_known("transport_enterprise", DEMONSTRATION_DAY)) == 13
    assert len(city.register_as_known("transport_stopping_place", END)) == 12 + 80 + 2
    assert len(city.form_rows("postal_tricycle", date(2025, 12, 1))) == 600
    assert len(city.form_rows("commerce_store_delivery", date(2025, 1, 1))) == 120
    assert (
        sum(row["is_joint"] for row in city.form_rows("postal_terminal_station", date(2025, 12, 1))) == 80 + 6
    )


@pytest.mark.parametrize("dataset", REGISTER_KEYS)
def test_versions_are_in_order_and_carry_the_zone(city: City, dataset: str) -> None:
    versions = city.register_versions(dataset)
    moments = [row["changed_at"] for row in versions]
    assert moments == sorted(moments)
    assert all(moment.utcoffset() == timedelta(hours=8) for moment in moments)
    pairs = Counter((row[REGISTER_KEYS[dataset]], row["changed_at"]) for row in versions)
    assert max(pairs.values()) == 1


def test_some_records_have_versions_and_some_are_removed(city: City) -> None:
    versions = city.register_versions("transport_vehicle")
    assert max(Counter(row["vehicle_id"] for row in versions).values()) >= 2
    removed = {row["vehicle_id"] for row in versions if row["is_deleted"]}
    assert len(removed) == 2
    assert not removed & {row["vehicle_id"] for row in city.register_as_known("transport_vehicle", END)}


def test_removed_record_is_known_between_its_entry_and_its_removal(city: City) -> None:
    gone = next(row for row in city.register_versions("transport_vehicle") if row["is_deleted"])
    entered = date(2024, 5, 12)
    assert gone["vehicle_id"] in {
        v["vehicle_id"] for v in city.register_as_known("transport_vehicle", entered)
    }
    month = month_end(entered)
    assert gone["vehicle_id"] not in {
        v["vehicle_id"] for v in city.register_as_known("transport_vehicle", month)
    }


def test_no_record_says_what_has_not_happened_yet(city: City) -> None:
    """A version's dates of service lie at or before the day of its change."""
    for dataset in ("transport_vehicle", "transport_node", "transport_stopping_place", "transport_platform"):
        for row in city.register_versions(dataset):
            if dataset == "transport_stopping_place" and row["place_id"] == "P9999":
                continue
            for field in ("in_service_on", "out_of_service_on"):
                assert row[field] is None or row[field] <= row["changed_at"].date(), row


def test_vehicles_leave_for_each_reason_and_after_they_came(city: City) -> None:
    left = [v for v in city.register_as_known("transport_vehicle", END) if v["out_of_service_on"]]
    assert {v["out_of_service_reason_code"] for v in left} == {"noncompliant", "scrapped", "transferred"}
    assert all(v["in_service_on"] < v["out_of_service_on"] for v in left)
    assert any(v["entry_kind_code"] == "new" for v in left)


def test_codes_of_regions_include_the_pseudo_codes(city: City) -> None:
    regions = {row["region_code"] for row in city.register_as_known("transport_stopping_place", END)}
    assert {"320771", "320772", "320706"} <= regions


def test_funds_have_five_purposes_and_money_booked_after_its_year(city: City) -> None:
    funds = city.register_as_known("transport_fund", END)
    assert len({row["purpose_code"] for row in funds}) == 5
    assert any(row["booked_on"].year == row["year"] + 1 for row in funds)
    assert all(row["amount_yuan"].as_tuple().exponent == -2 for row in funds)


def test_names_say_that_they_are_invented(city: City) -> None:
    for row in city.register_as_known("transport_enterprise", END):
        assert row["name"].startswith("演示")
    for row in city.register_as_known("transport_stopping_place", END):
        assert row["name"].startswith("示范")


def test_dates_outside_the_city_are_refused() -> None:
    with pytest.raises(ValueError, match="2023-01-01"):
        City(first_day=date(2022, 12, 31))
    with pytest.raises(ValueError, match="volume"):
        City(volume=-1)
