"""The gate of raw: a killed or broken build opens it, and no load dead-locks with it.

What a build sees while loads go on: test_build.py.
"""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import psycopg
import pytest
from green_freight.settings import PACKAGE
from green_freight.warehouse import raw_gate

from tests.integration.building.gate import SERVICE, land, until_waiting
from tests.integration.loading.deliveries import Deliveries

if TYPE_CHECKING:
    from tests.conftest import Warehouse


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
    land(deliveries, "2025-09-19")
    loading = pool.submit(deliveries.load, *SERVICE, "2025-09-19")
    until_waiting(warehouse)
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
        land(deliveries, day)
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
