"""Every dataset of a contract is delivered by the city, with rows that its contract accepts."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from functools import partial

import pytest
from green_freight.contracts import contract, contracts
from green_freight.contracts.row_model import row_model

from demo_city.city import City
from demo_city.contract_facts import REGISTER_KEYS
from demo_city.defects import DefectSampler
from demo_city.deliveries.catalogue import DROP, REPORTS, commerce_catalogue, postal_catalogue
from demo_city.deliveries.editions import COLUMN_KINDS, WORKBOOKS
from demo_city.deliveries.editions import FORMS as FORM_DELIVERIES
from demo_city.deliveries.source import Source
from demo_city.deliveries.workbook import TITLES
from demo_city.random_generator import SHANGHAI
from demo_city.registers import transport_registers
from demo_city.versioned_register import Row

FORM_DATASETS = [dataset for datasets in FORM_DELIVERIES.values() for dataset in datasets]


def _form_rows(dataset: str, city: City, month: date) -> list[Row]:
    return city.form_rows(dataset, month)


MONTHS = (date(2023, 1, 1), date(2024, 8, 1), date(2026, 12, 1))
FORMS: dict[str, Callable[[City, date], list[Row]]] = {
    "transport_vehicle_operation": City.vehicle_operations,
    "transport_reported_figure": City.reported_figures,
    **{dataset: partial(_form_rows, dataset) for dataset in FORM_DATASETS},
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


POWER = {"power_charge_order", "power_connector", "power_connector_energy", "power_pile", "power_station"}


@pytest.mark.parametrize("dataset", contracts())
def test_every_dataset_is_delivered_by_the_city(dataset: str) -> None:
    """What cannot be derived from a contract are its rows: a new dataset needs a function that yields them."""
    home = {
        "workbook": "_FORM_ROWS in demo_city/city.py",
        "csv": "_FORM_ROWS in demo_city/city.py",
        "transport_pages": "transport_registers in demo_city/registers.py",
    }.get(contract(dataset).container, "demo_city/power_operator.py")
    delivered = FORMS.keys() | transport_registers(1, 2023).keys() | POWER
    assert dataset in delivered, f"the demonstration city has no rows for {dataset}; add them to {home}"


@pytest.mark.parametrize("dataset", FORM_DATASETS)
def test_every_form_can_be_written_in_all_its_ways(city: City, dataset: str) -> None:
    """A form is rendered from its contract alone: plain, superseded, and with each change of a column."""
    [form] = [form for form, datasets in FORM_DELIVERIES.items() if dataset in datasets]
    catalogue = commerce_catalogue if form in WORKBOOKS else postal_catalogue
    for defect in (
        "",
        *(f"{form[1]}_{kind}_column" for kind in COLUMN_KINDS),
        "report_resent",
        "postal_corrected",
    ):
        source = Source(city, DefectSampler({defect: 1.0} if defect else {}))
        listed = catalogue(source).listing(
            REPORTS if form in WORKBOOKS else DROP, datetime(2023, 3, 1, tzinfo=SHANGHAI)
        )
        assert listed is not None
        assert all(file.render() for file in listed[1]), defect


def test_titles_other_than_a_contracts_names_are_of_columns_that_exist() -> None:
    for dataset, column in TITLES:
        assert not contract(dataset).column(column).value_from
