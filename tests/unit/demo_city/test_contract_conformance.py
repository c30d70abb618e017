"""Without planted defects every row of the city is one that its dataset's contract takes."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import pytest
from green_freight.contracts.catalogue import contract
from green_freight.contracts.row_model import row_model

from demo_city.city import City
from demo_city.registers import REGISTER_KEYS
from demo_city.versioned_register import Row

MONTHS = (date(2023, 1, 1), date(2024, 8, 1), date(2026, 12, 1))
FORMS: dict[str, Callable[[City, date], list[Row]]] = {
    "transport_vehicle_operation": City.vehicle_operations,
    "transport_reported_figure": City.reported_figures,
    "commerce_store_delivery": City.store_deliveries,
    "commerce_cold_chain_enterprise": City.cold_chain_enterprises,
    "commerce_pharma_enterprise": City.pharma_enterprises,
    "postal_tricycle": City.tricycles,
    "postal_terminal_station": City.terminal_stations,
    "postal_parcel_volume": City.parcel_volumes,
}


@pytest.fixture(scope="module")
def city() -> City:
    return City(volume=0.02)


def _check(dataset: str, rows: list[Row]) -> None:
    taken = contract(dataset)
    model = row_model(taken)
    names = [column.name for column in taken.columns]
    assert rows
    for row in rows:
        assert set(row) == set(names)
        model.validate_python(tuple(row[name] for name in names))


@pytest.mark.parametrize("dataset", REGISTER_KEYS)
def test_register_versions_keep_their_contract(city: City, dataset: str) -> None:
    _check(dataset, city.register_versions(dataset))


@pytest.mark.parametrize("dataset", FORMS)
def test_forms_keep_their_contract(city: City, dataset: str) -> None:
    _check(dataset, [row for month in MONTHS for row in FORMS[dataset](city, month)])
