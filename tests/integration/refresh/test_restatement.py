"""A restatement: dry run on a copy, approval, one publication, and a revert.

The in-service date of a stopping place is corrected to a year earlier: final figures of two years change, no other.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from green_freight import pipeline, revisions
from green_freight.backfill import steps
from green_freight.revisions import ApprovalMissingError

from demo_city.city import City
from demo_city.defects.registry import DefectSampler
from demo_city.plan_targets import INDICATORS
from demo_city.servers import DemoAgencies

from .conftest import OpenWarehouse, Snapshot
from .corrected_register import CORRECTED_AT, CorrectedRegister
from .pipeline_warehouse import DAY, PipelineWarehouse, morning_after

INDICATOR = "stopping_place_added"
LATER = date(2025, 10, 6)
# The correction is among the register's changes of October; the months before bring nothing.
REQUEST: dict[str, Any] = {
    "from_month": "2025-09",
    "to_month": "2025-10",
    "agencies": ["transport"],
    "reason": "停靠点投用日期更正 / a stopping place is older",
    "business_day": LATER.isoformat(),
}
STATE = (
    "select count(*), max(load_id) from ops.load",
    "select count(*) from ops.source_file",
    "select count(*), max(build_id) from ops.build",
    "select max(publication_no) from mart.publication",
    "select sum(hashtextextended(t::text, 0)) from raw.transport_stopping_place as t",
    "select sum(hashtextextended(t::text, 0)) from candidate.fct_indicator_value as t",
)


@pytest.fixture(scope="module")
def corrected(city: City, tmp_path_factory: pytest.TempPathFactory) -> Iterator[DemoAgencies]:
    agencies = DemoAgencies(
        city, tmp_path_factory.mktemp("corrected"), morning_after(LATER), agencies=("transport",)
    )
    agencies.source = CorrectedRegister(city, DefectSampler({}, city.seed))
    with agencies:
        yield agencies


@pytest.fixture
def restated(
    demo: DemoAgencies, reference: Snapshot, open_warehouse: OpenWarehouse, corrected: DemoAgencies
) -> Iterator[PipelineWarehouse]:
    """Give a warehouse after the undisturbed night whose transport bureau has corrected its past since."""
    assert morning_after(LATER) > CORRECTED_AT
    with open_warehouse(demo, reference) as warehouse:
        warehouse.replaced = {"transport": corrected}
        warehouse.newest_day = LATER
        yield warehouse


def test_restatement_with_dry_run_approval_publication_and_revert(
    restated: PipelineWarehouse, reference: Snapshot, corrected: DemoAgencies
) -> None:
    warehouse = restated
    _assert_dry_run_changes_nothing(warehouse, reference, corrected)
    run_id = _assert_approval_is_required(warehouse, reference, corrected)
    _assert_publication_has_its_reason(warehouse, run_id, corrected)
    _assert_as_of_view_keeps_the_old_figure(warehouse, reference)
    _assert_revert(warehouse, reference)


def _assert_dry_run_changes_nothing(
    warehouse: PipelineWarehouse, reference: Snapshot, corrected: DemoAgencies
) -> None:
    before = _state(warehouse)
    parameters = {**REQUEST, "dry_run": True}
    run_id = "backfill_history/dry"
    trial = steps.begin_dry_run(warehouse.database, run_id, parameters)
    database = replace(
        warehouse.database,
        urls=trial.warehouse.urls,
        home=trial.warehouse.home,
        database=trial.database,
    )
    copied = replace(warehouse, database=database)
    copied.run_parts(run_id, parameters)
    found = copied.prepare(run_id)
    path = steps.end_dry_run(warehouse.database, run_id)
    assert found["waiting"] > 0
    assert warehouse.tables() == reference.tables
    assert _state(warehouse) == before
    assert not warehouse.rows("select 1 from pg_database where datname = %s", trial.database)
    with warehouse.database.connect("builder") as session:
        kept = revisions.saved_comparison(session, run_id)
    assert _restated(kept) == _expected(corrected)
    text = path.read_text(encoding="utf-8-sig")
    assert text.count(INDICATOR) == len([c for c in kept.changes if c.key.indicator_code == INDICATOR])
    assert warehouse.value("select outcome_code from ops.run where run_id = %s", run_id) == "compared"


def _assert_approval_is_required(
    warehouse: PipelineWarehouse, reference: Snapshot, corrected: DemoAgencies
) -> str:
    run_id = warehouse.backfill(REQUEST)
    found = warehouse.prepare(run_id)
    assert found["waiting"] > 0
    # Other runs need not wait for the person who approves.
    assert warehouse.rows("select 1 from ops.candidate_lease") == []
    with pytest.raises(ApprovalMissingError, match=INDICATOR):
        pipeline.publish(warehouse.database, run_id)
    assert warehouse.tables() == reference.tables
    with warehouse.database.connect("builder") as session:
        assert _restated(revisions.saved_comparison(session, run_id)) == _expected(corrected)
    with pytest.raises(ValueError, match="reason"):
        pipeline.approve(warehouse.database, run_id, "tester", "  ")
    return run_id


def _assert_publication_has_its_reason(
    warehouse: PipelineWarehouse, run_id: str, corrected: DemoAgencies
) -> None:
    waiting = pipeline.outstanding(warehouse.database, run_id)
    assert pipeline.approve(
        warehouse.database, run_id, "tester", "核实无误 / checked with the bureau"
    ) == len(waiting)
    assert pipeline.outstanding(warehouse.database, run_id) == []
    assert pipeline.publish(warehouse.database, run_id)["publication_no"] == 3
    [record] = warehouse.rows("select * from mart.publication where publication_no = 3")
    assert (record["kind_code"], record["reason"]) == ("backfill", REQUEST["reason"])
    assert (record["approved_by"], record["approval_reason"]) == (
        "tester",
        "核实无误 / checked with the bureau",
    )
    revised = warehouse.rows(
        "select * from mart.figure_revision where publication_no = 3 and is_restatement order by period_month"
    )
    assert {(row["indicator_code"], row["period_month"]) for row in revised} == _expected(corrected)
    for row in revised:
        assert row["cause_codes"] == ["correction"]
        assert row["dataset_ids"] == ["transport_stopping_place"]
        step = 1 if row["period_month"].year == 2024 else -1
        assert row["new_numerator"] - row["old_numerator"] == step
    first = "select count(*) from mart.figure_revision where publication_no = 1 and cause_codes = '{first}'"
    assert warehouse.value(first) == len(INDICATORS) * 33


def _assert_as_of_view_keeps_the_old_figure(warehouse: PipelineWarehouse, reference: Snapshot) -> None:
    pinned = warehouse.rows(
        """
        with chosen as (select set_config('green_freight.publication', '2', false))
        select numerator from chosen cross join lateral (
            select numerator from mart_asof.fct_indicator_value
            where indicator_code = %s and period_month = '2024-12-01'
        ) as figure
        """,
        INDICATOR,
    )
    now = warehouse.value(
        "select numerator from mart.fct_indicator_value where indicator_code = %s and period_month = '2024-12-01'",
        INDICATOR,
    )
    assert now - pinned[0]["numerator"] == 1


def _assert_revert(warehouse: PipelineWarehouse, reference: Snapshot) -> None:
    outcome = steps.revert(warehouse.database, "revert/1", 2, "更正有误 / the correction was wrong", "tester")
    assert (outcome.outcome_code, outcome.publication_no) == ("published", 4)
    assert warehouse.tables() == reference.tables
    [record] = warehouse.rows("select * from mart.publication where publication_no = 4")
    assert (record["kind_code"], record["reverted_to"], record["as_of_date"]) == ("revert", 2, DAY)
    # The bureau's register still says what was taken away: the next run asks before it comes back.
    run_id = warehouse.backfill(REQUEST)
    warehouse.prepare_again(run_id)
    codes = {
        code for change in pipeline.outstanding(warehouse.database, run_id) for code in change.approval_codes
    }
    assert "undoes_revert" in codes
    with pytest.raises(ApprovalMissingError):
        pipeline.publish(warehouse.database, run_id)
    assert warehouse.tables() == reference.tables


def _restated(comparison: revisions.Comparison) -> set[tuple[str, date]]:
    return {(c.key.indicator_code, c.key.period_month) for c in comparison.changes if c.is_restatement}


def _expected(corrected: DemoAgencies) -> set[tuple[str, date]]:
    """Return the final figures that change: from the true day on one more, from the day that was said one less."""
    source: Any = corrected.source
    began = source.moved["in_service_on"]
    final = [date(2025, month, 1) for month in range(began.month, 8)]
    return {(INDICATOR, month) for month in [date(2024, 11, 1), date(2024, 12, 1), *final]}


def _state(warehouse: PipelineWarehouse) -> list[Any]:
    return [warehouse.rows(query) for query in STATE]
