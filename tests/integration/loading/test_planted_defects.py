"""The demonstration city's forms and orders with its defects planted: each one ends where its registry says."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import orjson
import pytest
from green_freight.contracts import contracts
from green_freight.loading import LoadStoppedError
from green_freight.periods import SHANGHAI

from demo_city.city import City
from demo_city.contract_facts import FORM_CONTAINERS
from demo_city.defects.model import REJECTED, ROW
from demo_city.defects.registry import REGISTRY, DefectSampler
from demo_city.deliveries.catalogue import commerce_catalogue, postal_catalogue
from demo_city.deliveries.encodings import dumps, order_file
from demo_city.deliveries.source import Source
from tests.integration.loading.deliveries import Deliveries, pages

AFTERWARDS = datetime(2100, 1, 1, tzinfo=SHANGHAI)
# A register has no changes of the future.
REGISTERED = datetime(2025, 12, 31, tzinfo=SHANGHAI)
MONTH, DAY = "2025-08", "2025-08-15"
# Station statistics are spoilt in the exchange's answers, not in rows.
REJECTED_ROWS = [
    defect.name
    for defect in REGISTRY.values()
    if defect.place == ROW and defect.effect == REJECTED and defect.dataset != "power_connector_energy"
]
REGISTERS = {"transport_vehicle": "vehicles", "transport_enterprise": "enterprises"}
FEW_ROWS = ("commerce_cold_chain_enterprise", "commerce_pharma_enterprise", "transport_enterprise")
POSTAL = {found.delivery for found in contracts().values() if found.agency == "postal"}
# What _load_month loads: the forms, two registers, a day of orders and of vehicle operation.
LOADED = 4 + sum(found.container in FORM_CONTAINERS for found in contracts().values())


def _load_month(
    deliveries: Deliveries, city: City, rates: dict[str, float], agency_asked: str | None = None
) -> None:
    source = Source(city, DefectSampler(rates))
    work = [
        ("power", "charge_orders", DAY, "orders.jsonl.gz", order_file(source.orders(date.fromisoformat(DAY))))
    ]
    for agency, catalogue in (("commerce", commerce_catalogue(source)), ("postal", postal_catalogue(source))):
        for file in _files(catalogue):
            if file.name.endswith((".xlsx", ".csv")) and f"{file.delivered_at:%Y-%m}" == MONTH:
                delivery = next((name for name in POSTAL if name in file.name), "monthly_report")
                work.append((agency, delivery, MONTH, file.name, file.render()))
    operations = source.vehicle_operations(date.fromisoformat(DAY), AFTERWARDS)
    work.append(("transport", "vehicle_operations", DAY, "o.jsonl", _pages(operations)))
    for dataset, delivery in REGISTERS.items():
        rows = source.register_rows(dataset, REGISTERED)
        work.append(("transport", delivery, MONTH, f"{delivery}.jsonl", _pages(rows)))
    for agency, delivery, period, name, content in work:
        if agency_asked not in (None, agency):
            continue
        deliveries.land(agency, delivery, period, name, content)
        deliveries.load(agency, delivery, period)


def _pages(rows: list[dict[str, Any]]) -> bytes:
    return pages(orjson.loads(dumps(rows)), size=500)


def _files(catalogue: Any) -> list[Any]:
    moment = max(file.delivered_at for files in catalogue._files.values() for file in files).replace(
        year=2100
    )
    return [
        file for folder in catalogue._files for file in (catalogue.listing(folder, moment) or ([], []))[1]
    ]


@pytest.fixture(scope="module")
def planted_city() -> City:
    return City(volume=0.05)


def test_nothing_is_rejected_where_nothing_is_planted(
    warehouse: Any, deliveries: Deliveries, planted_city: City
) -> None:
    _load_month(deliveries, planted_city, {})
    with warehouse.connect("loader") as connection:
        assert connection.execute("select dataset_id, message_en from ops.rejected_row").fetchall() == []
        anomalies = (
            "select dataset_id, warnings from ops.load where warnings::text ~ '\"(warning|critical)\"'"
        )
        assert connection.execute(anomalies).fetchall() == []
        assert connection.execute("select count(*), count(distinct dataset_id) from ops.load").fetchone() == (
            LOADED,
            LOADED,
        )


@pytest.mark.usefixtures("every_share_tolerated")
@pytest.mark.parametrize("defect", REJECTED_ROWS)
def test_a_planted_defect_is_rejected_with_its_reason(
    warehouse: Any, deliveries: Deliveries, planted_city: City, defect: str
) -> None:
    known = REGISTRY[defect]
    try:
        _load_month(
            deliveries, planted_city, {defect: 0.5 if known.dataset in FEW_ROWS else 0.05}, known.agency
        )
    except LoadStoppedError as stopped:
        pytest.fail(str(stopped))
    with warehouse.connect("loader") as connection:
        found = connection.execute(
            "select distinct dataset_id, column_name, reason_code from ops.rejected_row"
        ).fetchall()
    assert found == [(known.dataset, known.column, known.reason_code)]
