"""A night, a revert, a backfill and a dry run, each of whose processes is killed at its points and then run again.

What comes of it equals what undisturbed ones leave, and nothing else stays. One warehouse for the module: the tests
follow each other as the steps do. The points: kill_points.py; replays: tests/integration/replaying.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from green_freight import pipeline
from green_freight.agencies import AGENCIES
from green_freight.backfill import steps
from green_freight.warehouse import runs, scratch

from demo_city.servers import DemoAgencies
from tests.killed_processes import KillPoint, Leftovers, chosen, kill_at, leftovers, let_a_day_pass
from tests.warehouses import Snapshot, Warehouse

from . import kill_points
from .conftest import OpenWarehouse
from .pipeline_warehouse import DAY, PipelineWarehouse

# Every agency's first file is cut off; every point is that of one agency.
CUT_OFF = kill_points.FETCH[2:3]
FETCHES = {"transport": kill_points.FETCH, "commerce": CUT_OFF, "postal": CUT_OFF, "power": CUT_OFF}
LOADS = {"transport": kill_points.LOAD, "commerce": (), "postal": (), "power": kill_points.LOAD[3:4]}
# Two months of which the history has no daily events.
REQUEST: dict[str, Any] = {
    "from_month": "2025-05",
    "to_month": "2025-06",
    "agencies": ["transport"],
    "reason": "test",
    "business_day": DAY.isoformat(),
}
# After a killed build the next is a full one, and its audit covers every month: what is new has to be the same.
_VERDICTS = """
select table_name, expectation_code, coalesce(new_count, 0) as new_rows
from ops.verdict where build_id = (select max(build_id) from ops.build where outcome_code in ('audited', 'published'))
order by 1, 2
"""
_CHANGES = """
select to_jsonb(c) - '{run_id,build_id}'::text[] as change from ops.figure_change as c where run_id = %s order by 1
"""
_PUBLICATIONS = """
select publication_no, reverted_to, run.outcome_code from mart.publication join ops.run using (run_id) order by 1
"""
_REVISIONS = "select to_jsonb(r) - 'published_at' as revision from mart.figure_revision as r order by 1"


@pytest.fixture(scope="module")
def warehouse(
    demo: DemoAgencies, base: Snapshot, open_warehouse: OpenWarehouse
) -> Iterator[PipelineWarehouse]:
    with open_warehouse(demo, base) as opened:
        yield replace(opened, database=_with_own_landing(opened))


def _with_own_landing(warehouse: PipelineWarehouse) -> Warehouse:
    """Return the database with a landing store that holds the files that it knows, and is shared with no other."""
    shared, own = _folder(warehouse.database.landing_url), warehouse.database.home / "landing"
    for name in _known(warehouse):
        (own / name).parent.mkdir(parents=True, exist_ok=True)
        for file in (name, f"{name}.provenance.json"):
            (own / file).hardlink_to(shared / file)
    return replace(warehouse.database, landing_url=own.as_uri())


@pytest.fixture(scope="module")
def undisturbed(
    demo: DemoAgencies, reference: Snapshot, open_warehouse: OpenWarehouse
) -> Iterator[PipelineWarehouse]:
    """Give a warehouse after the same night, none of whose processes was killed."""
    with open_warehouse(demo, reference) as opened:
        # That night was its first run.
        opened.run_count = 1
        yield opened


@pytest.fixture(scope="module")
def run_id(warehouse: PipelineWarehouse) -> str:
    return warehouse.begin("nightly", DAY)


def _killed(
    warehouse: PipelineWarehouse,
    points: Sequence[KillPoint],
    step: Callable[..., Any],
    *arguments: Any,
) -> Any:
    """Kill a step at each of its points, run it to its end and return what it returns; nothing else may stay."""
    for point in chosen(points):
        kill_at(point, warehouse.database, step, *arguments)
    let_a_day_pass(warehouse.database)
    returned = step(*arguments)
    assert replace(leftovers(warehouse.database), candidate=()) == Leftovers()
    return returned


@pytest.mark.parametrize("agency", AGENCIES)
def test_fetches(warehouse: PipelineWarehouse, run_id: str, agency: str) -> None:
    of_agency = {k: v for k, v in warehouse.connections().items() if k.partition("_")[0] == agency}
    _killed(warehouse, FETCHES[agency], pipeline.fetch_due, warehouse.database, run_id, agency, of_agency)


def test_what_has_landed_is_what_an_undisturbed_night_lands(
    warehouse: PipelineWarehouse, undisturbed: PipelineWarehouse
) -> None:
    assert _landed(warehouse) == _known(undisturbed)


@pytest.mark.parametrize("agency", AGENCIES)
def test_loads(warehouse: PipelineWarehouse, run_id: str, agency: str) -> None:
    _killed(warehouse, LOADS[agency], pipeline.load_landed, warehouse.database, run_id, agency)


def test_raw_equals_that_of_an_undisturbed_night(
    warehouse: PipelineWarehouse, undisturbed: PipelineWarehouse
) -> None:
    assert warehouse.raw("_received_at") == undisturbed.raw("_received_at")
    rejected = "select count(*) from ops.rejected_row"
    assert warehouse.value(rejected) == undisturbed.value(rejected)


def test_builds(warehouse: PipelineWarehouse, undisturbed: PipelineWarehouse, run_id: str) -> None:
    _killed(warehouse, kill_points.BUILD, pipeline.build, warehouse.database, run_id)
    assert warehouse.tables(schema="candidate") == undisturbed.tables(schema="candidate")


def test_audits(warehouse: PipelineWarehouse, undisturbed: PipelineWarehouse, run_id: str) -> None:
    _killed(warehouse, kill_points.AUDIT, pipeline.audit, warehouse.database, run_id)
    assert warehouse.rows(_VERDICTS) == undisturbed.rows(_VERDICTS)


def test_comparisons(warehouse: PipelineWarehouse, undisturbed: PipelineWarehouse, run_id: str) -> None:
    _killed(warehouse, kill_points.COMPARE, pipeline.compare, warehouse.database, run_id)
    newest = undisturbed.value("select run_id from mart.publication where publication_no = 2")
    assert warehouse.rows(_CHANGES, run_id) == undisturbed.rows(_CHANGES, newest)


def test_publications(warehouse: PipelineWarehouse, undisturbed: PipelineWarehouse, run_id: str) -> None:
    published = _killed(warehouse, kill_points.PUBLISH, pipeline.publish, warehouse.database, run_id)
    assert published["publication_no"] == 2
    _killed(warehouse, kill_points.REPORT, pipeline.report, warehouse.database, run_id)
    _assert_equal(warehouse, undisturbed)


def test_reverts(warehouse: PipelineWarehouse, undisturbed: PipelineWarehouse) -> None:
    arguments = ("revert/1", 1, "test", "tester")
    _killed(warehouse, kill_points.REVERT, steps.revert, warehouse.database, *arguments)
    steps.revert(undisturbed.database, *arguments)
    _assert_equal(warehouse, undisturbed)


@pytest.mark.skipif(not chosen(kill_points.APPROVE), reason="two more builds: with KILL_POINTS=all alone")
def test_approvals(warehouse: PipelineWarehouse, undisturbed: PipelineWarehouse) -> None:
    """What was reverted needs an approval before it returns."""
    approved = "select count(*) from ops.approved_figure union all select count(*) from ops.approval"
    for one in (warehouse, undisturbed):
        run_id = one.begin("nightly", DAY)
        assert one.prepare_again(run_id)["waiting"] > 0
        arguments = (one.database, run_id, "tester", "test")
        _killed(one, kill_points.APPROVE if one is warehouse else (), pipeline.approve, *arguments)
        pipeline.publish(one.database, run_id)
    assert warehouse.rows(approved) == undisturbed.rows(approved)
    _assert_equal(warehouse, undisturbed)


@pytest.mark.skipif(not chosen(kill_points.BACKFILL), reason="two more months: with KILL_POINTS=all alone")
def test_backfills(warehouse: PipelineWarehouse, undisturbed: PipelineWarehouse) -> None:
    run_id = "backfill_history/killed"
    for one in (warehouse, undisturbed):
        one.move_clock(DAY)
        steps.begin_backfill(one.database, run_id, REQUEST)
        # As one part.
        months = ["2025-05", "2025-06"]
        connections = {"transport": one.connections()["transport"]}
        arguments = (one.database, run_id, "transport", months, connections, REQUEST)
        _killed(one, kill_points.BACKFILL if one is warehouse else (), steps.load_months, *arguments)
    assert warehouse.raw("_received_at") == undisturbed.raw("_received_at")
    part = "select months_done from ops.backfill_part where run_id = %s and finished_at is not null"
    assert warehouse.value(part, run_id) == undisturbed.value(part, run_id) == 2
    assert _landed(warehouse) == _known(undisturbed)


def test_dry_runs(warehouse: PipelineWarehouse) -> None:
    """The same run goes on where its last task ended; the warehouse stays as it is."""
    before = warehouse.raw(), warehouse.tables(without=())
    run_id, parameters = "backfill_history/dry", REQUEST | {"dry_run": True}
    for point in chosen(kill_points.DRY_RUN_BEGIN):
        kill_at(point, warehouse.database, steps.begin_dry_run, warehouse.database, run_id, parameters)
    trial = steps.begin_dry_run(warehouse.database, run_id, parameters).warehouse
    for point in chosen(kill_points.DRY_RUN_BUILD):
        kill_at(point, warehouse.database, pipeline.build, trial, run_id)
        pipeline.build(trial, run_id)
        pipeline.compare(trial, run_id)
    for point in chosen(kill_points.DRY_RUN_END):
        kill_at(point, warehouse.database, steps.end_dry_run, warehouse.database, run_id)
        if not leftovers(warehouse.database).scratches:
            # Without its copy it has to begin again.
            steps.begin_dry_run(warehouse.database, run_id, parameters)
    steps.end_dry_run(warehouse.database, run_id)
    assert leftovers(warehouse.database) == Leftovers()
    assert (warehouse.raw(), warehouse.tables(without=())) == before
    assert warehouse.value("select outcome_code from ops.run where run_id = %s", run_id) == "compared"


def test_a_killed_dry_run_that_nobody_repeats_is_cleared_by_the_next(warehouse: PipelineWarehouse) -> None:
    """Its run is over when the scheduler has recorded that."""
    parameters = REQUEST | {"dry_run": True}
    [point] = [point for point in kill_points.DRY_RUN_BEGIN if "half" in point.name]
    kill_at(
        point,
        warehouse.database,
        steps.begin_dry_run,
        warehouse.database,
        "backfill_history/lost",
        parameters,
    )
    runs.close(warehouse.database, "backfill_history/lost", runs.DRY_RUN, ["begin"], is_success=False)
    assert len(leftovers(warehouse.database).scratches) == 1
    scratch.drop_left_over(warehouse.database)
    assert leftovers(warehouse.database) == Leftovers()


def _assert_equal(warehouse: PipelineWarehouse, undisturbed: PipelineWarehouse) -> None:
    """Compare everything that readers see, with the numbers of publications, and the past."""
    for schema in ("mart", "mart_history"):
        assert warehouse.tables(without=(), schema=schema) == undisturbed.tables(without=(), schema=schema)
    assert warehouse.rows(_REVISIONS) == undisturbed.rows(_REVISIONS)
    assert warehouse.rows(_PUBLICATIONS) == undisturbed.rows(_PUBLICATIONS)


def _landed(warehouse: PipelineWarehouse) -> set[str]:
    """Return the files of the landing store, each of which has its provenance beside it."""
    landing = _folder(warehouse.database.landing_url)
    found = {str(path.relative_to(landing)) for path in landing.rglob("*") if path.is_file()}
    files = {name for name in found if not name.endswith(".provenance.json")}
    assert found == files | {f"{name}.provenance.json" for name in files}
    return files


def _known(warehouse: PipelineWarehouse) -> set[str]:
    return {row["landing_url"] for row in warehouse.rows("select landing_url from ops.source_file")}


def _folder(landing_url: str) -> Path:
    return Path(landing_url.removeprefix("file://"))
