"""Same seed, same city; a day can be made alone; the seed matters."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from datetime import date

import pytest

from demo_city.city import City
from demo_city.contract_facts import REGISTER_KEYS
from demo_city.deliveries.editions import FORMS
from demo_city.random_generator import month_starts

DAY, MONTH = date(2024, 2, 29), date(2024, 2, 1)


def _hash(things: Iterable[object]) -> str:
    digest = hashlib.sha256()
    for thing in things:
        digest.update(repr(thing).encode())
    return digest.hexdigest()


def _everything(city: City) -> str:
    registers = [row for dataset in REGISTER_KEYS for row in city.register_versions(dataset)]
    forms = [city.form_rows(dataset, MONTH) for datasets in FORMS.values() for dataset in datasets]
    events = [
        city.vehicle_operations(DAY),
        city.power.charge_orders_pushed(DAY),
        city.power.station_versions(),
    ]
    return _hash([registers, forms, events, city.reported_figures(MONTH)])


def test_same_seed_gives_the_same_city() -> None:
    assert _everything(City(seed=5)) == _everything(City(seed=5))


def test_another_seed_gives_another_city() -> None:
    assert _everything(City(seed=5)) != _everything(City(seed=6))


def test_a_day_does_not_depend_on_the_days_before() -> None:
    walked = City()
    for day in range(20, 29):
        walked.power.charge_orders_pushed(date(2024, 2, day))
        walked.vehicle_operations(date(2024, 2, day))
    alone = City()
    assert walked.power.charge_orders_pushed(DAY) == alone.power.charge_orders_pushed(DAY)
    assert walked.vehicle_operations(DAY) == alone.vehicle_operations(DAY)


def test_volume_leaves_the_registers_alone() -> None:
    small, large = City(volume=0.02), City(volume=1.0)
    for dataset in REGISTER_KEYS:
        assert small.register_versions(dataset) == large.register_versions(dataset)
    assert len(large.vehicle_operations(DAY)) == pytest.approx(
        50 * len(small.vehicle_operations(DAY)), rel=0.03
    )


def test_outside_its_dates_the_city_has_no_events() -> None:
    city = City(first_day=date(2024, 1, 1), last_day=date(2024, 3, 31))
    assert city.vehicle_operations(date(2023, 12, 31)) == []
    assert city.power.charge_orders_pushed(date(2024, 4, 2)) == []
    assert city.form_rows("commerce_store_delivery", date(2024, 4, 1)) == []
    assert len(month_starts(city.first_day, city.last_day)) == 3
