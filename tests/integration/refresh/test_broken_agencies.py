"""Two agencies of four broken in a night: the others publish, theirs stays and is marked; repaired, nothing is missing.

Every way of failing at every agency, as far as the fetch: tests/integration/fetch/test_faults.py.
"""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from green_freight import pipeline
from green_freight.agencies import AGENCIES
from green_freight.errors import KINDS, AgencyUnavailableError, BrokenDeliveryError

from tests.integration.coverage.agreement import assert_star_agrees

from .conftest import Snapshot
from .pipeline_warehouse import DAY, Night, PipelineWarehouse


@dataclass(frozen=True)
class Broken:
    """A connection, its fault, the error code that it causes, and whether a later try may help."""

    connection: str
    fault: str
    code: str
    is_transient: bool = True

    @property
    def agency(self) -> str:
        return self.connection.partition("_")[0]


NIGHTS = (
    (
        Broken("transport", "wrong_token", "login_refused", is_transient=False),
        Broken("power", "slow:60", "time_out"),
        Broken("power_files", "down", "unreachable"),
    ),
    (
        Broken("commerce", "garbage", "unreadable_file", is_transient=False),
        Broken("postal", "half_file", "answer_cut_off"),
    ),
)
# Indicators by agency on whose deliveries alone they stand, and those that need several.
_DEPENDS = """
select indicator_code, array_agg(distinct split_part(dataset_id, '_', 1)) as agencies
from intermediate.int_indicator__dataset group by indicator_code
"""
_FIGURES = """
select indicator_code, numerator, denominator, actual_value, is_stale
from mart.fct_indicator_value where region_code = city_code and period_month = '2025-09-01'
"""


@pytest.mark.parametrize("broken", NIGHTS, ids=lambda broken: "+".join(b.connection for b in broken))
def test_the_others_publish_and_a_repaired_night_lacks_nothing(
    warehouse: PipelineWarehouse, reference: Snapshot, broken: tuple[Broken, ...]
) -> None:
    before = _figures(warehouse)
    for one in broken:
        warehouse.demo.set_fault(one.connection, one.fault)
        if one.code == "time_out":
            warehouse.extra = {one.connection: {"answer_seconds": "0.2"}}
    night = warehouse.night()
    concerned = sorted({one.agency for one in broken})
    _assert_messages(warehouse, night, broken)
    _assert_marked(warehouse, night, concerned)
    _assert_figures(warehouse, before, set(concerned))
    assert_star_agrees(warehouse.database)
    for one in broken:
        warehouse.demo.set_fault(one.connection, None)
    warehouse.extra = {}
    repaired = warehouse.night()
    assert repaired.errors == {}
    assert repaired.publication_no == 3
    assert warehouse.value("select stale_agencies from mart.publication where publication_no = 3") == []
    assert pipeline.stale_datasets(warehouse.database, repaired.run_id) == []
    assert warehouse.tables() == reference.tables


def _figures(warehouse: PipelineWarehouse) -> dict[str, dict[str, object]]:
    return {row.pop("indicator_code"): row for row in warehouse.rows(_FIGURES)}


def _assert_messages(warehouse: PipelineWarehouse, night: Night, broken: tuple[Broken, ...]) -> None:
    """Each failure says who, what, for when, and what to do; it is an outcome of its own in ops.fetch."""
    assert set(night.errors) == {(one.agency, "fetch") for one in broken}
    for one in broken:
        error = night.errors[one.agency, "fetch"]
        is_transient = all(other.is_transient for other in broken if other.agency == one.agency)
        assert isinstance(error, AgencyUnavailableError if is_transient else BrokenDeliveryError)
        rows = warehouse.rows(
            "select * from ops.fetch where run_id = %s and agency_code = %s and error_code = %s",
            night.run_id,
            one.agency,
            one.code,
        )
        assert rows, f"no {one.code} of {one.agency}"
        for row in rows:
            for word in (row["agency_code"], row["delivery_name"], row["period_label"]):
                assert word in row["error_message"]
            assert KINDS[one.code].advice_zh in row["error_message"]
            assert KINDS[one.code].advice_en in row["error_message"]
            assert row["error_message"].splitlines()[1] in night.report


def _assert_marked(warehouse: PipelineWarehouse, night: Night, concerned: list[str]) -> None:
    assert night.publication_no == 2
    newest = "select stale_agencies from mart.publication where as_of_date = %s"
    assert warehouse.value(newest, DAY) == concerned
    stale = {
        row["subject_code"]
        for row in warehouse.rows(
            "select subject_code from mart.data_quality where is_stale and subject_kind_code = 'dataset'"
        )
    }
    assert stale == {
        dataset
        for agency in concerned
        for delivery in AGENCIES[agency].deliveries.values()
        for dataset in delivery.datasets
    }
    sentences = pipeline.stale_datasets(warehouse.database, night.run_id)
    assert len(sentences) == len(stale)
    for dataset in stale:
        assert sum(f"The dataset {dataset} " in sentence for sentence in sentences) == 1
        assert any(f"The dataset {dataset} " in line for line in night.report.splitlines())


def _assert_figures(
    warehouse: PipelineWarehouse, before: dict[str, dict[str, object]], concerned: set[str]
) -> None:
    """A figure that stands on a broken agency stays and is marked; no other is."""
    now = _figures(warehouse)
    needed = {row["indicator_code"]: set(row["agencies"]) for row in warehouse.rows(_DEPENDS)}
    assert len(now) == len(needed) == 28
    for indicator, figure in now.items():
        assert figure["is_stale"] == bool(needed[indicator] & concerned), indicator
        if needed[indicator] <= concerned:
            assert figure | {"is_stale": None} == before[indicator] | {"is_stale": None}, indicator
