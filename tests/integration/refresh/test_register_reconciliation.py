"""Records that a source deletes without a tombstone leave raw in the next night; half a register is not accepted."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from green_freight import loading
from green_freight.agencies import AGENCIES, fetch_plan
from green_freight.agencies.connector import FetchRequest
from green_freight.agencies.fetch import fetch_agency
from green_freight.contracts import Granularity
from green_freight.errors import BrokenDeliveryError
from green_freight.periods import SHANGHAI, Period, months

from demo_city.city import City
from demo_city.servers import DemoAgencies
from tests.late_changes import RevisedKnowledge, Revision, without_stations

from .conftest import OpenWarehouse, Snapshot
from .pipeline_warehouse import DAY, PipelineWarehouse, morning_after

AT = datetime(2025, 10, 1, 12, tzinfo=SHANGHAI)
NIGHT = DAY + timedelta(days=1)
# A station of twelve piles of those that run, and how much of the registers of nodes and platforms is left.
GONE_STATION = "320772000006"
REVISIONS = [
    Revision("power_station", AT, without_stations({GONE_STATION})),
    Revision("transport_node", AT, lambda rows: rows[::2]),
    Revision("transport_platform", AT, lambda rows: []),
]


@pytest.fixture(scope="module")
def smaller(city: City, tmp_path_factory: pytest.TempPathFactory) -> Iterator[DemoAgencies]:
    town = city.revised(RevisedKnowledge(REVISIONS))
    with DemoAgencies(town, tmp_path_factory.mktemp("smaller"), morning_after(DAY)) as running:
        yield running


def test_half_a_register_is_refused_until_a_backfill_accepts_it(
    smaller: DemoAgencies, reference: Snapshot, open_warehouse: OpenWarehouse
) -> None:
    with open_warehouse(smaller, reference) as warehouse:
        nodes, platforms = _count(warehouse, "transport_node"), _count(warehouse, "transport_platform")
        night = warehouse.fetch_and_load(NIGHT)
        error = night.errors.pop(("transport", "fetch"))
        assert night.errors == {}
        _assert_messages(warehouse, night.run_id, error)
        assert (_count(warehouse, "transport_node"), _count(warehouse, "transport_platform")) == (
            nodes,
            platforms,
        )
        _assert_station_is_gone(warehouse)
        _accept(warehouse, "transport", ("nodes", "platforms"))
        assert _count(warehouse, "transport_platform") == 0
        assert _count(warehouse, "transport_node") == nodes // 2
        again = warehouse.fetch_and_load(NIGHT)
        assert again.errors == {}
        assert _landed(warehouse, again.run_id) == set()


def _assert_messages(warehouse: PipelineWarehouse, run_id: str, error: Exception) -> None:
    """The anomaly is a failure of the night that names agency, register, numbers, months, and what to do."""
    assert isinstance(error, BrokenDeliveryError)
    anomalies = {
        row["delivery_name"]: row["error_message"]
        for row in warehouse.rows(
            "select * from ops.fetch where run_id = %s and error_code = 'register_shrunk'", run_id
        )
    }
    assert set(anomalies) == {"nodes", "platforms"}
    for message in anomalies.values():
        for word in ("市交通运输局", "transport", "2023-", "backfill_history", "运行", "Ask the agency"):
            assert word in message
    failed = "select distinct delivery_name from ops.fetch where run_id = %s and outcome_code like 'failed%%'"
    assert {row["delivery_name"] for row in warehouse.rows(failed, run_id)} == set(anomalies)


def _assert_station_is_gone(warehouse: PipelineWarehouse) -> None:
    """The station's rows are gone, what it had delivered is not, and its days are not asked again without it."""
    for dataset in ("power_station", "power_pile", "power_connector"):
        assert warehouse.value(f"select count(*) from raw.{dataset} where station_id = %s", GONE_STATION) == 0
        assert _count(warehouse, dataset) > 0
    energy = "select count(distinct _period) from raw.power_connector_energy where station_id = %s"
    assert warehouse.value(energy, GONE_STATION) == warehouse.value(
        "select count(distinct _period) from raw.power_connector_energy where _period <= %s", str(DAY)
    )


def _accept(warehouse: PipelineWarehouse, agency: str, names: tuple[str, ...]) -> None:
    """Ask again for all months of some registers, as a backfill of the agency does among everything else."""
    run_id = warehouse.begin("backfill", NIGHT)
    first, last = Period("2023-01"), Period.month_of(NIGHT)
    asked = [FetchRequest(name, month) for month in months(first, last) for name in names]
    work = fetch_plan.all_of(warehouse.database, agency, asked, NIGHT)
    assert any(not period.is_month for _, period in work)
    fetch_agency(
        warehouse.database, agency, work, warehouse.connections(), run_id, NIGHT
    ).raise_for_failures()
    loading.load_agency(warehouse.database, agency, work, run_id, progress=str).raise_if_stopped()


def _count(warehouse: PipelineWarehouse, dataset: str) -> int:
    found: int = warehouse.value(f"select count(*) from raw.{dataset}")
    return found


def _landed(warehouse: PipelineWarehouse, run_id: str) -> set[tuple[Any, ...]]:
    registers = [
        name
        for agency in AGENCIES.values()
        for name, delivery in agency.deliveries.items()
        if delivery.granularity is Granularity.CHANGED_SINCE
    ]
    query = (
        "select delivery_name, period_label from ops.fetch where run_id = %s and outcome_code = 'landed'"
        " and delivery_name = any(%s)"
    )
    return {tuple(row.values()) for row in warehouse.rows(query, run_id, registers)}
