"""PlantedDefect rows that break the contract: exactly they are rejected, and what is published stays right."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import date

import pytest
from green_freight import pipeline
from green_freight.loading import LoadStoppedError

from demo_city.city import City
from demo_city.defects import REGISTRY
from demo_city.defects.model import REJECTED
from demo_city.defects.registry import DefectSampler
from demo_city.servers import DemoAgencies
from demo_city.versioned_register import Row
from tests.integration.coverage.agreement import assert_star_agrees
from tests.planted_defects import PlantedDefect, planted_defects

from .conftest import Snapshot
from .pipeline_warehouse import DAY, PipelineWarehouse, morning_after

LABELS = ("2025-09", str(DAY))
# A wrong sum of a station is rejected with each of its connectors: counted in tests/integration/demo_city.
RATES = {
    name: 0.05
    for name, defect in REGISTRY.items()
    if defect.agency in ("postal", "power") and defect.effect == REJECTED and name != "stats_sum_wrong"
}
# A form is not loaded when more than a hundredth of its rows are broken; a day's few orders are.
STOPPED = ("postal_terminal_station", "postal_tricycle")
LOADED = "power_charge_order"


class OneNight(DefectSampler):
    """DefectSampler that strike in the deliveries of one night alone."""

    def rows(self, dataset: str, label: str, rows: list[Row]) -> list[Row]:
        return super().rows(dataset, label, rows) if label in LABELS else rows


@pytest.fixture
def careless(city: City, tmp_path_factory: pytest.TempPathFactory) -> Iterator[DemoAgencies]:
    """Give a postal administration and a power company that are careless for one night."""
    home, clock = tmp_path_factory.mktemp("careless"), morning_after(DAY)
    agencies = DemoAgencies(city, home, clock, RATES, agencies=("postal", "power"))
    agencies.source.sampler = OneNight(RATES, city.seed)
    with agencies:
        yield agencies


def test_rejected_rows_are_the_planted_ones_and_nothing_wrong_is_published(
    warehouse: PipelineWarehouse, careless: DemoAgencies, reference: Snapshot, base: Snapshot
) -> None:
    figures_before = _figures(warehouse, "2025-08-01")
    warehouse.replaced = dict.fromkeys(("postal", "power", "power_files"), careless)
    night = warehouse.night()
    _assert_every_row_is_accounted_for(warehouse, night.run_id)
    assert set(night.errors) == {("postal", "load")}
    stopped = night.errors["postal", "load"]
    assert isinstance(stopped, LoadStoppedError)
    _assert_stopped(warehouse, night.run_id, stopped)
    # What came whole is the truth, what was stopped stays as it was and is marked.
    now = _figures(warehouse, "2025-09-01")
    assert {name for name, (_, is_stale) in now.items() if is_stale} == {
        "terminal_station_added",
        "tricycle_marking_share",
    }
    for name in ("terminal_station_added", "tricycle_marking_share"):
        assert now[name][0] == figures_before[name][0]
    _assert_scorecard(warehouse)
    assert [
        line
        for line in pipeline.stale_datasets(warehouse.database, night.run_id)
        if "postal_tricycle" in line
    ]
    _assert_sessions(warehouse, night.run_id, reference)
    assert_star_agrees(warehouse.database)
    _assert_covered(warehouse)
    _assert_reasons(warehouse)


def _assert_every_row_is_accounted_for(warehouse: PipelineWarehouse, run_id: str) -> None:
    expected: dict[str, Counter[tuple[str | None, str | None]]] = {}
    for hit in _hits():
        expected.setdefault(hit.dataset, Counter())[hit.reason_code, hit.column] += 1
    assert set(expected) == {LOADED, *STOPPED}
    loads = {
        row["dataset_id"]: row
        for row in warehouse.rows("select * from ops.load where run_id = %s", run_id)
        if row["period_label"] in LABELS
    }
    for dataset, reasons in expected.items():
        load = loads[dataset]
        rejected = warehouse.rows("select * from ops.rejected_row where load_id = %s", load["load_id"])
        found = Counter((row["reason_code"], row["column_name"]) for row in rejected)
        assert found == reasons
        assert load["rows_rejected"] == reasons.total()
        if load["outcome_code"] == "loaded":
            assert load["rows_loaded"] + load["rows_rejected"] == load["rows_in_file"]
        else:
            assert load["rows_loaded"] == 0
        for row in rejected:
            assert row["file_name"] and row["row_number"] and row["message_zh"] and row["message_en"]
    assert {dataset for dataset in expected if loads[dataset]["outcome_code"] == "stopped"} == set(STOPPED)
    assert loads[LOADED]["outcome_code"] == "loaded"


def _assert_stopped(warehouse: PipelineWarehouse, run_id: str, stopped: LoadStoppedError) -> None:
    for dataset in STOPPED:
        assert dataset in str(stopped)
        assert warehouse.value(f"select count(*) from raw.{dataset} where _period = '2025-09'") == 0
        quality = "select is_stale from mart.data_quality where subject_code = %s"
        assert warehouse.value(quality, dataset) is True
    assert "postal" in warehouse.value(
        "select stale_agencies from mart.publication order by publication_no desc limit 1"
    )


def _assert_covered(warehouse: PipelineWarehouse) -> None:
    """The stopped forms are missing, the orders whole but for the rejected rows."""
    cells = warehouse.rows("select * from ops.coverage where period_month = '2025-09-01'")
    found = {row["dataset_id"]: row for row in cells}
    for dataset in STOPPED:
        assert (found[dataset]["state_code"], found[dataset]["loads_stopped"]) == ("missing", 1)
    assert found[LOADED]["state_code"] == "complete"
    assert found[LOADED]["rows_rejected"] == sum(hit.dataset == LOADED for hit in _hits())
    others = {row["state_code"] for name, row in found.items() if name not in STOPPED}
    assert others == {"complete"}


def _assert_reasons(warehouse: PipelineWarehouse) -> None:
    """What readers see: the rejected orders by reason; what was stopped rejects nothing and lacks its month."""
    rows = warehouse.rows("select * from mart.rejected_reason_month")
    found = Counter({row["reason_code"]: row["rows_rejected"] for row in rows})
    assert {row["dataset_id"] for row in rows} == {LOADED}
    assert found == Counter(hit.reason_code for hit in _hits() if hit.dataset == LOADED)
    assert all(row["reason_name_zh"] != row["reason_code"] for row in rows)
    months = warehouse.rows("select * from mart.dataset_month where period_month = '2025-09-01'")
    states = {row["dataset_id"]: (row["coverage_state_code"], row["rows_rejected"]) for row in months}
    assert {name: states[name] for name in STOPPED} == dict.fromkeys(STOPPED, ("missing", 0))
    assert states[LOADED] == ("complete", found.total())


def _assert_scorecard(warehouse: PipelineWarehouse) -> None:
    """The year's figures are marked; August's register stands in, they do not become "no data"."""
    stale = warehouse.rows(
        "select indicator_code, year, null_reason_code from mart.scorecard where is_stale order by 1"
    )
    assert [tuple(row.values()) for row in stale] == [
        ("terminal_station_added", 2025, None),
        ("tricycle_marking_share", 2025, None),
    ]


def _assert_sessions(warehouse: PipelineWarehouse, run_id: str, reference: Snapshot) -> None:
    """Every order that was not planted or came right besides is published, and no other."""
    rejected = sum(hit.dataset == LOADED for hit in _hits())
    assert rejected > 0
    quality = "select rows_rejected from mart.data_quality where subject_code = %s"
    assert warehouse.value(quality, LOADED) == rejected
    before = _hits()
    # Of an order in two versions, the right one is published.
    is_published = ("duplicate_key", "superseded")
    keys = {hit.key for hit in before if hit.dataset == LOADED and hit.reason_code not in is_published}
    pushed = {order["StartChargeSeq"] for order in warehouse.demo.source.city.power.charge_orders_pushed(DAY)}
    published = warehouse.rows("select session_key from mart.fct_charging_session where pushed_on = %s", DAY)
    assert {row["session_key"] for row in published} == {f"power:{key}" for key in pushed - keys}


def _hits() -> list[PlantedDefect]:
    city = City(volume=0.02, first_day=date(2025, 9, 1))
    found = planted_defects(city, DefectSampler(RATES, city.seed), morning_after(DAY))
    return [hit for hit in found if hit.period in LABELS]


def _figures(warehouse: PipelineWarehouse, month: str) -> dict[str, tuple[object, bool]]:
    rows = warehouse.rows(
        "select * from mart.fct_indicator_value where region_code = city_code and period_month = %s", month
    )
    return {row["indicator_code"]: ((row["numerator"], row["denominator"]), row["is_stale"]) for row in rows}
