"""Building on a real server with the real dbt: whole, by months, after nothing, after a failure, beside loads.

One warehouse for the whole module: the tests follow each other as the nights do. A build sees one state of raw: loads
wait while it plans and reads, and it waits for those in flight.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from datetime import date, timedelta
from threading import Lock
from typing import TYPE_CHECKING, Any

import pytest
from green_freight.building import BuildFailedError, BuildOutcome, NodeProgress, build
from green_freight.building.plan import PERIOD_MODELS, plan_build
from green_freight.loading import LoadOutcome
from green_freight.loading.raw_tables import prepare_raw_tables
from green_freight.publishing.specs import from_manifest_file
from green_freight.warehouse import raw_gate

from tests.integration.building.deliveries import connector, energy, load, operation, order, pile, station
from tests.integration.building.gate import SERVICE, HeldStore, land, load_from, until_waiting
from tests.integration.loading.deliveries import Deliveries

if TYPE_CHECKING:
    from tests.conftest import Warehouse

DAY = date(2025, 9, 30)
FIRST_OF = {month: date(2025, month, 1) for month in range(1, 13)}
# Loaded by the real loader: before the first build and during it, before the second build and while that waits.
BEFORE, DURING, QUICK, SLOW = "2025-09-27", "2025-09-28", "2025-09-26", "2025-09-25"


@dataclass(frozen=True)
class Gated:
    """A build, the load that was whole when it began, the one beside it, and what was said about the gate."""

    built: BuildOutcome
    whole: LoadOutcome
    beside: LoadOutcome
    days: list[str]
    messages: tuple[str, ...] = ()


class Messages(logging.Handler):
    """What was logged."""

    def __init__(self) -> None:
        super().__init__()
        self.said: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.said.append(record.getMessage())


def rows_of(warehouse: Warehouse, model: str) -> list[tuple[Any, ...]]:
    with warehouse.connect("builder") as builder:
        return sorted(builder.execute(f"select * from candidate.{model}").fetchall(), key=repr)


def versions_of(warehouse: Warehouse) -> dict[str, list[tuple[Any, ...]]]:
    """Return which transaction wrote each row of the large facts: a row that is left alone keeps it."""
    with warehouse.connect("builder") as builder:
        return {
            model: sorted(
                builder.execute(
                    f"select period_month, xmin::text, ctid::text from candidate.{model}"
                ).fetchall()
            )
            for model in PERIOD_MODELS
        }


def star_of(warehouse: Warehouse) -> dict[str, list[tuple[Any, ...]]]:
    with warehouse.connect("builder") as builder:
        tables = builder.execute("select tablename from pg_tables where schemaname = 'candidate'").fetchall()
    return {table: rows_of(warehouse, table) for (table,) in tables}


def days_of(warehouse: Warehouse) -> list[str]:
    with warehouse.connect("builder") as builder:
        found = builder.execute(
            "select distinct operation_date::text from candidate.fct_vehicle_operation order by 1"
        )
        return [day for (day,) in found]


def published(warehouse: Warehouse, built: BuildOutcome) -> BuildOutcome:
    """Record what publishing records of a build."""
    with warehouse.connect("publisher") as publisher:
        publisher.execute(
            "update ops.build set outcome_code = 'published' where build_id = %s", [built.build_id]
        )
    return built


@pytest.fixture(scope="module")
def filled(module_warehouse: Warehouse) -> Iterator[Warehouse]:
    with module_warehouse.connect("loader") as loader:
        prepare_raw_tables(loader)
        load(loader, "power_station", "2023-03", [station()])
        load(loader, "power_pile", "2023-03", [pile("P1", "2023-02-01"), pile("P2", "2023-05-01")])
        load(loader, "power_connector", "2023-03", [connector("C1", "P1")])
        load(loader, "power_charge_order", "2025-06-10", [order("J", "2025-06-10 08:00:00")])
        load(loader, "power_charge_order", "2025-07-10", [order("K", "2025-07-10 08:00:00", connector="C2")])
        load(loader, "power_charge_order", "2025-08-31", [order("L", "2025-08-31 23:50:00")])
        load(
            loader,
            "power_charge_order",
            "2025-09-29",
            [order("M", "2025-09-29 08:00:00"), order("N", "2025-09-29 09:00:00")],
        )
        load(
            loader,
            "power_connector_energy",
            "2025-06-10",
            [energy("P1", "2025-06-10", 10), energy("P9", "2025-06-10", 5)],
        )
        load(loader, "transport_vehicle_operation", "2025-06-10", [operation("V1", "2025-06-10")])
        load(
            loader,
            "transport_vehicle_operation",
            "2025-09-29",
            [operation("V1", "2025-09-29"), operation("V2", "2025-09-29")],
        )
    yield module_warehouse


@pytest.fixture(scope="module")
def pool() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(8) as threads:
        yield threads


@pytest.fixture(scope="module")
def first_night(filled: Warehouse, pool: ThreadPoolExecutor) -> Gated:
    """A whole build; as soon as it has begun, a day's operation is loaded beside it."""
    deliveries, messages = Deliveries(filled), Messages()
    land(deliveries, BEFORE)
    [whole] = deliveries.load(*SERVICE, BEFORE)
    land(deliveries, DURING)
    beside: list[Future[list[LoadOutcome]]] = []
    # dbt's threads report side by side.
    one_at_a_time = Lock()

    def load_meanwhile(node: NodeProgress) -> None:
        with one_at_a_time:
            if not beside:
                beside.append(pool.submit(deliveries.load, *SERVICE, DURING))
                until_waiting(filled)

    level = raw_gate.log.level
    raw_gate.log.setLevel(logging.INFO)
    raw_gate.log.addHandler(messages)
    try:
        built = published(filled, build(filled, "first", DAY, load_meanwhile))
        [late] = beside[0].result()
    finally:
        raw_gate.log.removeHandler(messages)
        raw_gate.log.setLevel(level)
    return Gated(built, whole, late, days_of(filled), tuple(messages.said))


@pytest.fixture(scope="module")
def first_build(first_night: Gated) -> BuildOutcome:
    return first_night.built


@pytest.fixture(scope="module")
def second_night(
    filled: Warehouse, first_night: Gated, pool: ThreadPoolExecutor
) -> tuple[Gated, dict[str, Any]]:
    """A night that changes September, moves an order from August, and registers a connector July had used.

    A load of it has its number and is still in flight when the build asks for raw, a later one is whole by then.
    """
    with filled.connect("loader") as loader:
        load(loader, "power_charge_order", "2025-09-29", [order("M", "2025-09-29 08:00:00", energy_kwh=12)])
        load(loader, "power_charge_order", "2025-09-30", [order("L", "2025-09-01 00:10:00")])
        load(loader, "transport_vehicle_operation", "2025-09-29", [operation("V1", "2025-09-29", 90)])
        load(loader, "power_connector", "2025-09-30", [connector("C2", "P2")])
    before = versions_of(filled)
    deliveries, held = Deliveries(filled), HeldStore(filled.landing_url)
    for day in (SLOW, QUICK):
        land(deliveries, day)
    slow = pool.submit(load_from, held, filled, SLOW)
    assert held.is_asked.wait(60)
    [quick] = deliveries.load(*SERVICE, QUICK)
    building = pool.submit(build, filled, "second", DAY)
    until_waiting(filled)
    held.may_open.set()
    built = published(filled, building.result())
    return Gated(built, quick, slow.result(), days_of(filled)), before


@pytest.fixture(scope="module")
def second_build(second_night: tuple[Gated, dict[str, Any]]) -> tuple[BuildOutcome, dict[str, Any]]:
    night, before = second_night
    return night.built, before


@pytest.fixture(scope="module")
def failed_build(filled: Warehouse, second_build: Any) -> tuple[BuildFailedError, dict[str, Any]]:
    """A build over a seed that was spoilt, and the candidate before it."""
    before = star_of(filled)
    # A build by the same code keeps the seeds; the whole build after a failure makes them again.
    with filled.admin() as admin:
        admin.execute("update reference.label set code = 'invented' where code = 'provisional'")
    # A later day concerns every figure.
    with pytest.raises(BuildFailedError) as failed:
        build(filled, "failed", DAY + timedelta(days=1))
    return failed.value, before


def test_the_first_build_is_whole(filled: Warehouse, first_build: BuildOutcome) -> None:
    assert first_build.is_full
    assert first_build.changed_months == tuple(FIRST_OF[month] for month in (6, 7, 8, 9))
    assert first_build.model_rows["fct_charging_session"] == 5
    assert first_build.model_rows["dim_date"] == 5 * 365 + 1
    assert first_build.warnings == ()
    assert filled.manifest_path.is_file()


def test_a_load_during_a_build_waits_and_is_not_in_it(first_night: Gated) -> None:
    assert first_night.built.through_load_id == first_night.whole.load_id
    assert first_night.beside.load_id > first_night.whole.load_id
    assert DURING not in first_night.days
    assert BEFORE in first_night.days
    assert len(first_night.messages) == 1
    assert "green-freight build of first (pid " in first_night.messages[0]


def test_keys_stand_in_the_manifest_and_not_in_the_candidate(
    filled: Warehouse, first_build: BuildOutcome
) -> None:
    """Publishing adds them in `mart`; foreign keys created by dbt's threads would deadlock."""
    specs = {spec.name: spec for spec in from_manifest_file(filled.manifest_path)}
    assert specs["dim_pile"].primary_key == ("city_code", "pile_key")
    assert [key.references for key in specs["dim_pile"].foreign_keys] == ["dim_station", "dim_source_file"]
    with filled.connect("builder") as builder:
        constraints = builder.execute(
            "select conname from pg_constraint where connamespace = 'candidate'::regnamespace and contype <> 'n'"
        ).fetchall()
        not_null = builder.execute(
            "select attname from pg_attribute where attrelid = 'candidate.dim_pile'::regclass and attnotnull"
        ).fetchall()
    assert constraints == []
    assert {("city_code",), ("pile_key",)} <= set(not_null)


def test_descriptions_are_the_comments_of_relations_and_columns(
    filled: Warehouse, first_build: BuildOutcome
) -> None:
    nodes = json.loads(filled.manifest_path.read_text(encoding="utf-8"))["nodes"].values()
    described = {
        (f"{node['schema']}.{node['alias']}", column): about["description"].strip()
        for node in nodes
        if node["resource_type"] in ("model", "seed")
        for column, about in {"": node, **node["columns"]}.items()
        if about["description"]
    }
    with filled.connect("builder") as builder:
        rows = builder.execute(
            """
            select c.relnamespace::regnamespace || '.' || c.relname, coalesce(a.attname, ''), trim(d.description)
            from pg_description as d
            inner join pg_class as c on d.objoid = c.oid and d.classoid = 'pg_class'::regclass
            left join pg_attribute as a on d.objoid = a.attrelid and d.objsubid = a.attnum and d.objsubid > 0
            """
        ).fetchall()
    comments = {(relation, column): comment for relation, column, comment in rows}
    assert len(described) > 1000
    assert {key: comments.get(key) for key in described} == described


def test_what_only_events_mention_becomes_an_inferred_member(
    filled: Warehouse, first_build: BuildOutcome
) -> None:
    with filled.connect("builder") as builder:
        piles = builder.execute(
            "select pile_key, in_service_on from candidate.dim_pile where is_inferred order by 1"
        )
        assert piles.fetchall() == [("power:MA1234567:P9", None), ("power:MA1234567:unknown", None)]
        vehicles = builder.execute(
            "select vehicle_key from candidate.dim_vehicle where is_inferred order by 1"
        )
        assert [key for (key,) in vehicles] == [f"transport:{v}" for v in ("V00000", "V00001", "V1", "V2")]
        regions = builder.execute(
            "select region_code, in_service_on from candidate.dim_station where not is_inferred"
        )
        assert regions.fetchall() == [("320706", date(2023, 3, 1))]


def test_only_months_that_changed_are_replaced(filled: Warehouse, second_build: Any) -> None:
    built, before = second_build
    assert not built.is_full
    # July: its connector is registered now. August: order L was pushed again and moved away from it.
    assert built.changed_months == tuple(FIRST_OF[month] for month in (7, 8, 9))
    after = versions_of(filled)
    for model in PERIOD_MODELS:
        june = [row for row in before[model] if row[0] == FIRST_OF[6]]
        assert june
        assert [row for row in after[model] if row[0] == FIRST_OF[6]] == june


def test_the_next_build_has_what_was_loaded_during_the_first(
    first_night: Gated, second_night: tuple[Gated, dict[str, Any]]
) -> None:
    night, _ = second_night
    assert night.built.through_load_id > first_night.beside.load_id
    assert DURING in night.days


def test_a_build_waits_for_a_load_in_flight_and_contains_it(
    second_night: tuple[Gated, dict[str, Any]],
) -> None:
    """Without the gate the later load's number would stand for the earlier one, which had not committed yet."""
    night, _ = second_night
    assert night.beside.load_id < night.whole.load_id == night.built.through_load_id
    assert {SLOW, QUICK} <= set(night.days)


def test_rows_that_vanished_at_the_source_are_gone(filled: Warehouse, second_build: Any) -> None:
    with filled.connect("builder") as builder:
        sessions = builder.execute(
            "select session_key, business_date, pile_key, energy_kwh from candidate.fct_charging_session order by 1"
        ).fetchall()
        vehicles = builder.execute(
            "select vehicle_key, distance_km from candidate.fct_vehicle_operation where operation_date = %s",
            ["2025-09-29"],
        ).fetchall()
    assert sessions == [
        ("power:J", date(2025, 6, 10), "power:MA1234567:P1", 10),
        ("power:K", date(2025, 7, 10), "power:MA1234567:P2", 10),
        ("power:L", date(2025, 9, 1), "power:MA1234567:P1", 10),
        ("power:M", date(2025, 9, 29), "power:MA1234567:P1", 12),
    ]
    assert vehicles == [("transport:V1", 90)]


def test_nothing_moves_when_nothing_changed(filled: Warehouse, second_build: Any) -> None:
    """Fetching writes beside a build: what it may change of a file that is known must not be in the star."""
    versions, star = versions_of(filled), star_of(filled)
    assert star["dim_source_file"]
    with filled.connect("loader") as loader:
        loader.execute(
            "update ops.source_file set landing_url = 'memory://moved', version = version + 1, "
            "delivered_at = now(), last_received_at = now(), complete_through = complete_through + 1"
        )
        loader.execute(
            "insert into ops.fetch (run_id, agency_code, delivery_name, period_label, outcome_code) "
            "values ('r', 'transport', 'vehicle_operations', '2025-09-30', 'not_delivered')"
        )
    with filled.connect("publisher") as publisher:
        publisher.execute(
            """
            insert into mart.publication (publication_no, published_at, kind_code, as_of_date, code_version, build_id,
                run_id, verdict_passed_count, verdict_warning_count)
            values (1, now(), 'nightly', %s, 'test', 1, 'first', 0, 0)
            """,
            [DAY],
        )
    built = published(filled, build(filled, "third", DAY - timedelta(days=2)))
    assert (built.is_full, built.changed_months) == (False, ())
    # Older days may be loaded again, but the star never goes back behind what readers have seen.
    assert built.as_of_date == DAY
    assert versions_of(filled) == versions
    assert star_of(filled) == star


def test_a_month_that_differs_from_what_is_published_is_built_again(
    filled: Warehouse, second_build: Any
) -> None:
    """As after a revert, a build that was never published, or a change of the candidate by hand."""
    operations = rows_of(filled, "fct_vehicle_operation")
    with filled.connect("publisher") as publisher:
        for model in PERIOD_MODELS:
            publisher.execute(
                f"create table mart.{model} as select *, 1::bigint as publication_no from candidate.{model}"
            )
        # July as an earlier publication showed it: the same number of rows.
        publisher.execute(
            "update mart.fct_charging_session set energy_kwh = 9 where period_month = %s", [FIRST_OF[7]]
        )
    with filled.connect("builder") as builder:
        builder.execute("delete from candidate.fct_vehicle_operation where period_month = %s", [FIRST_OF[6]])
    built = published(filled, build(filled, "differing", DAY))
    assert (built.is_full, built.changed_months) == (False, (FIRST_OF[6], FIRST_OF[7]))
    assert rows_of(filled, "fct_vehicle_operation") == operations
    with filled.connect("publisher") as publisher:
        publisher.execute("insert into mart.fct_vehicle_operation (period_month) values (%s)", [FIRST_OF[2]])
        assert FIRST_OF[2] in plan_build(publisher, DAY, None).changed_months
        for model in PERIOD_MODELS:
            publisher.execute(f"drop table mart.{model}")


def test_a_failure_names_model_and_test(filled: Warehouse, failed_build: Any) -> None:
    error, _ = failed_build
    test = "labelled_scorecard_revision_state_code__revision_state"
    assert test in str(error) and "the model scorecard" in str(error)
    assert f" {test[:30]}" in error.log.read_text(encoding="utf-8")
    assert "revision_state_code=provisional" in str(error)
    with filled.connect("builder") as builder:
        recorded = builder.execute(
            "select outcome_code, error_message, finished_at is not null from ops.build where build_id = %s",
            [error.build_id],
        ).fetchone()
    assert recorded is not None
    assert (recorded[0], recorded[2]) == ("failed", True)
    assert test in recorded[1]


def test_the_build_after_a_failure_is_whole_and_gives_the_tables_that_the_months_did(
    filled: Warehouse, failed_build: Any
) -> None:
    _, by_months = failed_build
    seen: list[NodeProgress] = []
    with filled.connect("builder") as builder:
        builder.execute("create view intermediate.view_of_older_code as select 1 as one")
    sessions = _sessions(filled)
    built = build(filled, "repaired", DAY, seen.append)
    # dbt's threads keep their connections; with one for each node there would be more than nodes.
    assert _sessions(filled) - sessions < 30 < seen[0].total
    assert built.is_full
    with filled.connect("builder") as builder:
        [left] = builder.execute("select to_regclass('intermediate.view_of_older_code')").fetchone() or [0]
    assert left is None
    assert star_of(filled) == by_months
    assert {"fct_charging_session", "scorecard"} <= {node.name for node in seen}
    assert max(node.done for node in seen) == seen[0].total


def _sessions(warehouse: Warehouse) -> int:
    """Return how many sessions of the database have ended or begun so far."""
    with warehouse.admin() as admin:
        [count] = admin.execute(
            "select sessions from pg_stat_database where datname = current_database()"
        ).fetchone() or [0]
    return int(count)
