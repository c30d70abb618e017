"""Whatever comes late, is corrected, deleted or sent again, one undisturbed night publishes the true figures.

Random scenarios around a year's end, the same ones in every run. Most compare raw, as staging shows it, with the city's
own record; one goes on through build, audit and publication, beside a warehouse built from what came at once in order.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import date, timedelta
from pathlib import Path

import pytest
from green_freight import building, loading
from green_freight.agencies import AGENCIES, fetch_plan
from green_freight.agencies.fetch import fetch_agency
from green_freight.building import dbt_run
from green_freight.loading.raw_tables import prepare_raw_tables
from green_freight.periods import Period
from green_freight.warehouse import Warehouse
from hypothesis import HealthCheck, Phase, event, given, settings

from demo_city.city import City
from demo_city.servers import DemoAgencies
from tests.warehouses import share_parse, take_snapshot

from .conftest import OpenWarehouse, Snapshot
from .pipeline_warehouse import PipelineWarehouse, morning_after
from .scenarios import (
    DAYS_BACK,
    EVENTS_FROM,
    EVERYTHING,
    FINAL,
    FIRST,
    LAST,
    LOADED,
    NIGHTS,
    STEPS,
    SourceChange,
    Step,
    city_of,
    source_changes_of,
)
from .staging_rows import known, staged
from .true_figures import differing_figures

CONNECTIONS = {agency: [agency] for agency in AGENCIES} | {"power": ["power", "power_files"]}
# The files' agencies have few ways to differ. GREEN_FREIGHT_SCENARIOS=20 runs twenty times as many.
EXAMPLES = {"transport": 8, "power": 8, "postal": 4, "commerce": 4}
TIMES = int(os.environ.get("GREEN_FREIGHT_SCENARIOS", "1"))
REPRODUCIBLE = settings(
    derandomize=True,
    deadline=None,
    database=None,
    print_blob=False,
    suppress_health_check=list(HealthCheck),
    phases=(Phase.explicit, Phase.generate, Phase.shrink),
)

# Which file a row comes from, and how many files and versions of rows there are, depends on the requests made;
# nothing else does.
BY_REQUESTS = (
    *("publication_no", "source_file_key", "source_sheet", "source_row_number"),
    *("period_count", "rows_in_file", "rows_loaded"),
)

OpenScenario = Callable[[City, tuple[str, ...]], AbstractContextManager[PipelineWarehouse]]


@pytest.fixture(scope="module", autouse=True)
def days_back() -> Iterator[None]:
    """Let a night look back as far as the scenarios reach, so that two weeks of events before them are enough."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(fetch_plan, "DAYS_BACK", DAYS_BACK)
        yield


@pytest.fixture(scope="module")
def settled(city: City, open_warehouse: OpenWarehouse, tmp_path_factory: pytest.TempPathFactory) -> Snapshot:
    """Give the history through LOADED in raw, with staging above it, before anything becomes known."""
    home = tmp_path_factory.mktemp("settled")
    with DemoAgencies(city, home, morning_after(LOADED)) as demo, open_warehouse(demo) as warehouse:
        warehouse.newest_day = LOADED
        warehouse.load_past(LOADED, EVENTS_FROM)
        _make_staging(warehouse.database)
        return take_snapshot(warehouse.database, "settled", {})


def _make_staging(warehouse: Warehouse) -> None:
    with warehouse.connect("loader") as loader:
        prepare_raw_tables(loader)
    share_parse(warehouse)
    # The calendar is written by a build.
    command = [
        "build",
        "--select",
        "path:models/staging",
        "path:seeds",
        "--exclude",
        "path:models/staging/reference",
    ]
    made = dbt_run.invoke(warehouse, [*command, "--resource-type", "model", "seed"])
    assert made.success, [one.message for one in made.result if one.status != "success"]


@pytest.fixture(scope="module")
def open_scenario(
    settled: Snapshot, open_warehouse: OpenWarehouse, tmp_path_factory: pytest.TempPathFactory
) -> OpenScenario:
    """Give a function that opens a warehouse after the history, over agencies of a city where something becomes known
    later."""

    @contextmanager
    def opens(corrected_city: City, among: tuple[str, ...]) -> Iterator[PipelineWarehouse]:
        home: Path = tmp_path_factory.mktemp("scenario")
        with (
            DemoAgencies(corrected_city, home, morning_after(LOADED), agencies=among) as demo,
            open_warehouse(demo, settled) as warehouse,
        ):
            warehouse.newest_day = LOADED
            yield warehouse

    return opens


@pytest.mark.parametrize("agency", AGENCIES)
def test_after_one_good_night_raw_holds_what_the_city_knows(
    agency: str, open_scenario: OpenScenario, city: City
) -> None:
    @settings(REPRODUCIBLE, max_examples=EXAMPLES[agency] * TIMES)
    @given(source_changes=source_changes_of(agency), steps=STEPS)
    def run_scenario(source_changes: list[SourceChange], steps: list[Step]) -> None:
        corrected_city = city_of(source_changes, city)
        with open_scenario(corrected_city, (agency,)) as warehouse:
            for step in steps:
                event(step.kind)
                play(warehouse, step, (agency,))
            last = warehouse.fetch_and_load(FINAL, (agency,))
            assert last.errors == {}
            assert staged(warehouse, agency) == known(corrected_city, agency, morning_after(FINAL))

    run_scenario()


def test_a_scenario_of_everything_is_published_as_if_it_had_come_in_order_once(
    open_scenario: OpenScenario,
    open_warehouse: OpenWarehouse,
    city: City,
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    among = tuple(AGENCIES)
    corrected_city = city_of(EVERYTHING, city)
    with open_scenario(corrected_city, among) as warehouse:
        for step in NIGHTS:
            play(warehouse, step, among)
        night = warehouse.night(FINAL)
        assert night.errors == {}
        assert differing_figures(warehouse, corrected_city, FINAL) == set()
        in_disorder = warehouse.tables(BY_REQUESTS)
        again = warehouse.fetch_and_load(FINAL)
        assert (again.errors, _landed(warehouse, again.run_id)) == ({}, [])
    home = tmp_path_factory.mktemp("once")
    with DemoAgencies(corrected_city, home, morning_after(FINAL)) as demo, open_warehouse(demo) as warehouse:
        warehouse.newest_day = FINAL
        run_id = warehouse.load_past(FINAL, EVENTS_FROM)
        building.build(warehouse.database, run_id, FINAL)
        once = warehouse.tables(BY_REQUESTS, "candidate")
    assert {name for name in in_disorder if once[name] != in_disorder[name]} == {"dim_source_file"}


def play(warehouse: PipelineWarehouse, step: Step, among: tuple[str, ...]) -> None:
    """Let something run: the agencies' clock goes on to the next night's morning, never back."""
    if step.kind == "backfill":
        _backfill_month(warehouse, Period(step.month), among)
    elif step.kind == "reload":
        _load_again(warehouse, among)
    elif step.kind == "again":
        _night(warehouse, max(FIRST, warehouse.newest_day - timedelta(days=step.days)), among, [])
    else:
        dead = [name for agency in among for name in CONNECTIONS[agency]] if step.kind == "outage" else []
        _night(warehouse, min(LAST, warehouse.newest_day + timedelta(days=step.days)), among, dead)


def _night(warehouse: PipelineWarehouse, day: date, among: tuple[str, ...], dead: list[str]) -> None:
    for name in dead:
        warehouse.demo.set_fault(name, "down")
    night = warehouse.fetch_and_load(day, among)
    for name in dead:
        warehouse.demo.set_fault(name, None)
    assert bool(night.errors) == bool(dead)


def _backfill_month(warehouse: PipelineWarehouse, month: Period, among: tuple[str, ...]) -> None:
    """Take again what a backfill takes of a month, without the events before those of the scenarios."""
    until = warehouse.newest_day
    run_id = warehouse.begin("backfill", until)
    for agency in among:
        asked = [
            request
            for request in fetch_plan.requests_of_month(agency, month, until)
            if request.period.is_month or request.period.first_day >= EVENTS_FROM
        ]
        work = fetch_plan.all_of(warehouse.database, agency, asked, until)
        report = fetch_agency(warehouse.database, agency, work, warehouse.connections(), run_id, until)
        report.raise_for_failures()
        landed = [(outcome.delivery, outcome.period) for outcome in report.outcomes if outcome.has_files]
        loading.load_agency(warehouse.database, agency, landed, run_id, progress=str).raise_if_stopped()


def _load_again(warehouse: PipelineWarehouse, among: tuple[str, ...]) -> None:
    """Load again from landing whatever came since the history, as a new contract does, the newest periods first."""
    [history] = warehouse.rows("select run_id from ops.run order by started_at limit 1")
    gone = warehouse.rows(
        "delete from ops.load where run_id <> %s returning agency_code, delivery_name, period_label",
        history["run_id"],
    )
    labels = sorted({tuple(row.values()) for row in gone}, key=lambda place: place[2], reverse=True)
    run_id = warehouse.begin("backfill", warehouse.newest_day)
    for agency in among:
        work = [(delivery, Period(label)) for of, delivery, label in labels if of == agency]
        loading.load_agency(warehouse.database, agency, work, run_id, progress=str).raise_if_stopped()


def _landed(warehouse: PipelineWarehouse, run_id: str) -> list[tuple[str, str]]:
    rows = warehouse.rows("select * from ops.fetch where run_id = %s and outcome_code = 'landed'", run_id)
    return [(row["delivery_name"], row["period_label"]) for row in rows]
