"""A build sees one state of raw: loads wait while it plans and reads, and it waits for those in flight.

One warehouse for the module: only its first build is a full one.
"""

from __future__ import annotations

import logging
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import date
from threading import Event, Lock
from typing import TYPE_CHECKING, Any, BinaryIO

import psycopg
import pytest
from green_freight.building import BuildOutcome, NodeProgress, build
from green_freight.contracts import contracts_of
from green_freight.landing import LandingStore
from green_freight.loading import LoadOutcome
from green_freight.loading.dataset_load import Task, load_dataset
from green_freight.periods import Period
from green_freight.settings import PACKAGE
from green_freight.warehouse import raw_gate

from tests.integration.loading.deliveries import Deliveries, operation, pages

if TYPE_CHECKING:
    from tests.conftest import Warehouse

LAST = date(2025, 9, 30)
SERVICE = ("transport", "vehicle_operations")


class HeldStore(LandingStore):
    """The landing store, whose files open only when the test lets them: a load that takes long."""

    def __init__(self, url: str) -> None:
        super().__init__(url)
        self.is_asked, self.may_open = Event(), Event()

    def open(self, landed: Any) -> BinaryIO:
        self.is_asked.set()
        assert self.may_open.wait(60)
        return super().open(landed)


@pytest.fixture
def warehouse(module_warehouse: Warehouse) -> Warehouse:
    return module_warehouse


@pytest.fixture
def deliveries(warehouse: Warehouse) -> Deliveries:
    return Deliveries(warehouse)


@pytest.fixture
def pool() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(8) as threads:
        yield threads


def _land(deliveries: Deliveries, day: str, count: int = 2) -> None:
    items = [operation(number, operation_date=day) for number in range(count)]
    deliveries.land(*SERVICE, day, f"vehicle_operations_{day}.jsonl", pages(items))


def _until_waiting(warehouse: Warehouse, count: int = 1) -> None:
    """Return when so many connections wait for the gate; a minute without them is a gate that nobody asks."""
    deadline = time.monotonic() + 60
    with warehouse.admin() as admin:
        while time.monotonic() < deadline:
            row = admin.execute(
                "select count(*) from pg_locks where locktype = 'advisory' and objid = %s and not granted",
                [raw_gate.LOCK],
            ).fetchone()
            if row and row[0] >= count:
                return
    raise AssertionError("nobody waits for the gate")


def _days(warehouse: Warehouse) -> list[str]:
    with warehouse.connect("builder") as builder:
        found = builder.execute(
            "select distinct operation_date::text from candidate.fct_vehicle_operation order by 1"
        )
        return [day for (day,) in found]


def _published(warehouse: Warehouse, built: BuildOutcome) -> None:
    with warehouse.connect("publisher") as publisher:
        publisher.execute(
            "update ops.build set outcome_code = 'published' where build_id = %s", [built.build_id]
        )


def test_loads_during_a_build_are_in_the_next_and_what_fetching_notes_is_in_none(
    warehouse: Warehouse,
    deliveries: Deliveries,
    pool: ThreadPoolExecutor,
    caplog: pytest.LogCaptureFixture,
) -> None:
    _land(deliveries, "2025-09-28")
    [first] = deliveries.load(*SERVICE, "2025-09-28")
    _land(deliveries, "2025-09-29")
    late: list[Future[list[LoadOutcome]]] = []
    # dbt's threads report side by side.
    one_at_a_time = Lock()

    def load_meanwhile(node: NodeProgress) -> None:
        with one_at_a_time:
            if not late:
                late.append(pool.submit(deliveries.load, *SERVICE, "2025-09-29"))
                _until_waiting(warehouse)

    with caplog.at_level(logging.INFO, "green_freight.warehouse.raw_gate"):
        built = build(warehouse, "nightly/9", LAST, load_meanwhile)
        [second] = late[0].result()
    assert built.through_load_id == first.load_id
    assert second.load_id > first.load_id
    assert _days(warehouse) == ["2025-09-28"]
    waited = [record.getMessage() for record in caplog.records if record.name == raw_gate.log.name]
    assert len(waited) == 1
    assert "green-freight build of nightly/9 (pid " in waited[0]

    _published(warehouse, built)
    following = build(warehouse, "nightly/10", LAST)
    _published(warehouse, following)
    assert (following.is_full, following.changed_months) == (False, (date(2025, 9, 1),))
    assert following.through_load_id == second.load_id
    assert _days(warehouse) == ["2025-09-28", "2025-09-29"]
    _check_that_bookkeeping_reaches_no_table(warehouse)


def _check_that_bookkeeping_reaches_no_table(warehouse: Warehouse) -> None:
    """Fetching writes beside a build: what it may change of a file that is known must not be in the star."""
    before = _star(warehouse)
    assert before["dim_source_file"] != (0, 0)
    with warehouse.connect("loader") as loader:
        loader.execute(
            "update ops.source_file set landing_url = 'memory://moved', version = version + 1, "
            "delivered_at = now(), last_received_at = now(), complete_through = complete_through + 1"
        )
        loader.execute(
            "insert into ops.fetch (run_id, agency_code, delivery_name, period_label, outcome_code) "
            "values ('r', 'transport', 'vehicle_operations', '2025-09-30', 'not_delivered')"
        )
    assert not build(warehouse, "nightly/11", LAST).is_full
    assert _star(warehouse) == before


def test_a_build_waits_for_a_load_in_flight_and_contains_it(
    warehouse: Warehouse, deliveries: Deliveries, pool: ThreadPoolExecutor
) -> None:
    """Without the gate the later load's number would stand for the earlier one, which had not committed yet."""
    for day in ("2025-09-25", "2025-09-26"):
        _land(deliveries, day)
    held = HeldStore(warehouse.landing_url)
    slow = pool.submit(_load_from, held, warehouse, "2025-09-25")
    assert held.is_asked.wait(60)
    [quick] = deliveries.load(*SERVICE, "2025-09-26")
    building = pool.submit(build, warehouse, "nightly/12", LAST)
    _until_waiting(warehouse)
    held.may_open.set()
    built = building.result()
    earlier = slow.result()
    assert earlier.load_id < quick.load_id == built.through_load_id
    assert _days(warehouse)[:2] == ["2025-09-25", "2025-09-26"]


def _load_from(store: HeldStore, warehouse: Warehouse, day: str) -> LoadOutcome:
    [contract] = contracts_of(*SERVICE)
    with warehouse.connect("loader", autocommit=True) as loader:
        outcome = load_dataset(loader, Task(contract, Period(day), "run-1", store))
    assert outcome is not None
    return outcome


def test_a_killed_builds_gate_opens(
    warehouse: Warehouse, deliveries: Deliveries, pool: ThreadPoolExecutor
) -> None:
    holder = (
        "import sys, time; from green_freight.warehouse import raw_gate\n"
        "with raw_gate.closed(sys.argv[1], 'build of killed'):\n    print('closed', flush=True); time.sleep(600)"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", holder, warehouse.url("builder")],
        stdout=subprocess.PIPE,
        env=os.environ | {"PYTHONPATH": str(PACKAGE.parent)},
    )
    assert process.stdout is not None
    assert process.stdout.readline() == b"closed\n"
    _land(deliveries, "2025-09-19")
    loading = pool.submit(deliveries.load, *SERVICE, "2025-09-19")
    _until_waiting(warehouse)
    process.send_signal(signal.SIGKILL)
    [outcome] = loading.result(60)
    assert outcome.outcome_code == "loaded"
    assert process.wait() == -signal.SIGKILL


def test_a_gate_that_was_lost_is_an_error(warehouse: Warehouse) -> None:
    with (
        pytest.raises(psycopg.OperationalError),
        raw_gate.closed(warehouse.url("builder"), "build of lost"),
        warehouse.admin() as admin,
    ):
        admin.execute(
            "select pg_terminate_backend(pid) from pg_stat_activity where application_name ~ 'build of lost'"
        )


def test_loads_of_the_same_periods_and_the_gate_never_dead_lock(
    warehouse: Warehouse, deliveries: Deliveries, pool: ThreadPoolExecutor
) -> None:
    """Every load also waits for the others of its period."""
    days = [f"2025-09-{day:02d}" for day in range(10, 16)]
    for day in days:
        _land(deliveries, day)
    order = random.Random(4)

    def load_all(_: int) -> list[str]:
        return [deliveries.load(*SERVICE, day)[0].outcome_code for day in order.sample(days, len(days))]

    def close(number: int) -> int:
        with (
            raw_gate.closed(warehouse.url("builder"), f"build of {number}"),
            warehouse.connect("loader") as loader,
        ):
            before = _numbers(loader.execute)
            assert _numbers(loader.execute) == before
            return before

    loads = [pool.submit(load_all, number) for number in range(4)]
    seen = [future.result() for future in [pool.submit(close, number) for number in range(20)]]
    outcomes = [code for future in loads for code in future.result()]
    assert len(seen) == 20
    assert sorted(outcomes) == ["loaded"] * len(days) + ["unchanged"] * 3 * len(days)


def _numbers(execute: Callable[..., Any]) -> int:
    """Return how many loads there are; the newest number is exactly that, because none failed."""
    count, newest, given = execute(
        "select (select count(*) from ops.load), (select coalesce(max(load_id), 0) from ops.load), "
        "(select coalesce(last_value, 0) from pg_sequences where sequencename = 'load_load_id_seq')"
    ).fetchone()
    assert count == newest == given
    return int(count)


def _star(warehouse: Warehouse) -> dict[str, tuple[Any, ...] | None]:
    with warehouse.connect("builder") as builder:
        tables = builder.execute("select tablename from pg_tables where schemaname = 'candidate'").fetchall()
        return {
            table: builder.execute(
                f"select coalesce(sum(hashtextextended(to_jsonb(t)::text, 0)), 0), count(*) from candidate.{table} t"
            ).fetchone()
            for (table,) in tables
        }
