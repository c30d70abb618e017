"""Whatever comes late, is corrected, deleted or sent again, and however nights ran: one good night ends at the truth.

Random stories around a year's end, the same ones in every run. The many compare raw, as staging shows it, with what the
city knows; the few go on through build, audit and publication, beside a house in which every night ran once in order.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import date, timedelta
from pathlib import Path

import pytest
from green_freight import agencies, loading
from green_freight.agencies import AGENCIES, fetch_plan
from green_freight.building import dbt_run
from green_freight.building.raw_tables import prepare_raw_tables
from green_freight.landing import LandingStore
from green_freight.periods import Period
from green_freight.settings import landing_url
from green_freight.warehouse import connect
from hypothesis import HealthCheck, Phase, event, given, settings

from demo_city.city import City
from demo_city.servers import DemoAgencies

from .conftest import OpensHouse, Snapshot
from .house import House, morning_after
from .staged import known, staged
from .stories import (
    ACTS,
    DAYS_BACK,
    EVENTS_FROM,
    EVERYTHING,
    FINAL,
    FIRST,
    LAST,
    LOADED,
    NIGHTS,
    Act,
    Turn,
    city_of,
    turns_of,
)
from .truths import differing_figures

CONNECTIONS = {agency: [agency] for agency in AGENCIES} | {"power": ["power", "power_files"]}
# The files' agencies have few ways to differ. GREEN_FREIGHT_STORIES=20 tells twenty times as many.
EXAMPLES = {"transport": 8, "power": 8, "postal": 4, "commerce": 4}
TIMES = int(os.environ.get("GREEN_FREIGHT_STORIES", "1"))
STEADY = settings(
    derandomize=True,
    deadline=None,
    database=None,
    print_blob=False,
    suppress_health_check=list(HealthCheck),
    phases=(Phase.explicit, Phase.generate, Phase.shrink),
)

# Which file told a row, and how many files and versions of rows there are, depends on the questions asked; nothing
# else does.
BY_QUESTIONS = (
    *("publication_no", "source_file_key", "source_sheet", "source_row_number"),
    *("period_count", "rows_in_file", "rows_loaded"),
)

OpensStory = Callable[[list[Turn], tuple[str, ...]], AbstractContextManager[House]]


@pytest.fixture(scope="module", autouse=True)
def days_back() -> Iterator[None]:
    """Let a night look back as far as the stories reach, so that two weeks of events before them are enough."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(fetch_plan, "DAYS_BACK", DAYS_BACK)
        yield


@pytest.fixture(scope="module")
def settled(city: City, opens_house: OpensHouse, tmp_path_factory: pytest.TempPathFactory) -> Snapshot:
    """Give the history through LOADED in raw, with staging above it, before anything turns out."""
    home = tmp_path_factory.mktemp("settled")
    with DemoAgencies(city, home, morning_after(LOADED)) as demo, opens_house(demo) as house:
        house.newest_day = LOADED
        house.take_past(LOADED, EVENTS_FROM)
        _make_staging()
        return Snapshot(house.warehouse.database, house.warehouse.home, {})


def _make_staging() -> None:
    from dbt.cli.main import dbtRunner

    with connect("loader") as loader:
        prepare_raw_tables(loader)
    with dbt_run.environment():
        command = ["run", *dbt_run.common_arguments(), "--select", "path:models/staging"]
        assert dbtRunner().invoke([*command, "--vars", '{"city_code": "320700"}']).success


@pytest.fixture(scope="module")
def opens_story(
    city: City, settled: Snapshot, opens_house: OpensHouse, tmp_path_factory: pytest.TempPathFactory
) -> OpensStory:
    """Give a function that opens a house after the history, over agencies at which something turns out."""

    @contextmanager
    def opens(turns: list[Turn], among: tuple[str, ...]) -> Iterator[House]:
        home: Path = tmp_path_factory.mktemp("story")
        wiser = city_of(turns, city)
        with (
            DemoAgencies(wiser, home, morning_after(LOADED), agencies=among) as demo,
            opens_house(demo, settled) as house,
        ):
            house.newest_day = LOADED
            yield house
            house.drop()

    return opens


@pytest.mark.parametrize("agency", AGENCIES)
def test_after_one_good_night_raw_holds_what_the_city_knows(
    agency: str, opens_story: OpensStory, city: City
) -> None:
    @settings(STEADY, max_examples=EXAMPLES[agency] * TIMES)
    @given(turns=turns_of(agency), acts=ACTS)
    def tell(turns: list[Turn], acts: list[Act]) -> None:
        with opens_story(turns, (agency,)) as house:
            for act in acts:
                event(act.kind)
                play(house, act, (agency,))
            last = house.take(FINAL, (agency,))
            assert last.errors == {}
            wiser = city_of(turns, city)
            assert staged(house, agency) == known(wiser, agency, morning_after(FINAL))

    tell()


def test_a_story_of_everything_is_published_as_if_it_had_come_in_order_once(
    opens_story: OpensStory, opens_house: OpensHouse, city: City, tmp_path_factory: pytest.TempPathFactory
) -> None:
    among = tuple(AGENCIES)
    wiser = city_of(EVERYTHING, city)
    with opens_story(EVERYTHING, among) as house:
        for act in NIGHTS:
            play(house, act, among)
        night = house.night(FINAL)
        assert night.errors == {}
        assert differing_figures(house, wiser, FINAL) == set()
        told = house.tables(BY_QUESTIONS)
        again = house.take(FINAL)
        assert (again.errors, _landed(house, again.run_id)) == ({}, [])
    home = tmp_path_factory.mktemp("once")
    with DemoAgencies(wiser, home, morning_after(FINAL)) as demo, opens_house(demo) as house:
        house.newest_day = FINAL
        house.take_history(FINAL, EVENTS_FROM)
        once = house.tables(BY_QUESTIONS)
    assert {name for name in once if once[name] != told[name]} == {"dim_source_file"}


def play(house: House, act: Act, among: tuple[str, ...]) -> None:
    """Let something run: the agencies' clock goes on to the next night's morning, never back."""
    if act.kind == "backfill":
        _take_month(house, Period(act.month), among)
    elif act.kind == "reload":
        _load_again(house, among)
    elif act.kind == "again":
        _night(house, max(FIRST, house.newest_day - timedelta(days=act.days)), among, [])
    else:
        dead = [name for agency in among for name in CONNECTIONS[agency]] if act.kind == "outage" else []
        _night(house, min(LAST, house.newest_day + timedelta(days=act.days)), among, dead)


def _night(house: House, day: date, among: tuple[str, ...], dead: list[str]) -> None:
    for name in dead:
        house.demo.set_fault(name, "down")
    night = house.take(day, among)
    for name in dead:
        house.demo.set_fault(name, None)
    assert bool(night.errors) == bool(dead)


def _take_month(house: House, month: Period, among: tuple[str, ...]) -> None:
    """Take again what a backfill takes of a month, without the events before those of the stories."""
    until = house.newest_day
    run_id, store = house.begin("backfill", until), LandingStore(landing_url())
    for agency in among:
        asked = [
            (name, period)
            for name, period in agencies.due_in_month(agency, month, until)
            if period.is_month or period.first_day >= EVENTS_FROM
        ]
        work = agencies.all_of(agency, asked, until)
        report = agencies.fetch_agency(agency, work, house.connections(), store, run_id, until)
        report.raise_for_failures()
        landed = [(outcome.delivery, outcome.period) for outcome in report.outcomes if outcome.has_files]
        loading.load_agency(agency, landed, run_id, store, tell=str).raise_if_stopped()


def _load_again(house: House, among: tuple[str, ...]) -> None:
    """Load again from landing whatever came since the history, as a new contract does, the newest periods first."""
    [history] = house.rows("select run_id from ops.run order by started_at limit 1")
    gone = house.rows(
        "delete from ops.load where run_id <> %s returning agency_code, delivery_name, period_label",
        history["run_id"],
    )
    labels = sorted({tuple(row.values()) for row in gone}, key=lambda place: place[2], reverse=True)
    run_id, store = house.begin("backfill", house.newest_day), LandingStore(landing_url())
    for agency in among:
        work = [(delivery, Period(label)) for of, delivery, label in labels if of == agency]
        loading.load_agency(agency, work, run_id, store, tell=str).raise_if_stopped()


def _landed(house: House, run_id: str) -> list[tuple[str, str]]:
    rows = house.rows("select * from ops.fetch where run_id = %s and outcome_code = 'landed'", run_id)
    return [(row["delivery_name"], row["period_label"]) for row in rows]
