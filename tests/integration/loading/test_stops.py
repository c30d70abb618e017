"""Loads that stop, die or meet each other: what was there stays, what happened is on record."""

from __future__ import annotations

import hashlib
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from green_freight import loading
from green_freight.landing import LandingStore
from green_freight.loading import LoadStoppedError
from green_freight.periods import Period

from tests.integration.loading.deliveries import Deliveries, answers, operation, order, order_file, pages

DAY = "2025-09-30"
WHOLE = order_file(order(n) for n in range(200))
PROJECT = Path(__file__).resolve().parents[3]


def _count(warehouse: Any, query: str = "select count(*) from raw.power_charge_order") -> Any:
    with warehouse.connect("loader") as connection:
        row = connection.execute(query).fetchone()
    assert row is not None
    return row[0]


def _link_elsewhere(path: Path) -> None:
    path.rename(path.with_name("elsewhere"))
    path.symlink_to(path.with_name("elsewhere"))


DAMAGES: dict[str, tuple[Callable[[Path], object], str]] = {
    "changed": (lambda path: path.write_bytes(order_file([order(7), order(8)])), "SHA-256"),
    "truncated": (lambda path: path.write_bytes(path.read_bytes()[:-20]), "SHA-256"),
    "replaced by a link": (_link_elsewhere, "is no plain file"),
    "missing": (Path.unlink, "FileNotFoundError"),
}


@pytest.mark.parametrize(("damage", "words"), DAMAGES.values(), ids=DAMAGES)
def test_a_landed_file_that_is_not_what_was_received_is_not_loaded(
    warehouse: Any, deliveries: Deliveries, damage: Callable[[Path], object], words: str
) -> None:
    deliveries.land("power", "charge_orders", DAY, "a.jsonl.gz", order_file([order(1)]))
    deliveries.load("power", "charge_orders", DAY)
    deliveries.land("power", "charge_orders", DAY, "b.jsonl.gz", WHOLE, version=2)
    store = LandingStore(deliveries.warehouse.landing_url)
    url = _count(warehouse, "select landing_url from ops.source_file where file_name = 'b.jsonl.gz'")
    path = Path(store.location(url).removeprefix("file://"))
    damage(path)
    with pytest.raises(LoadStoppedError, match=words) as stopped:
        deliveries.load("power", "charge_orders", DAY)
    assert _count(warehouse) == 1
    message = str(stopped.value)
    assert "b.jsonl.gz" in message
    if words == "SHA-256":
        recorded = hashlib.sha256(WHOLE).hexdigest()
        found = hashlib.sha256(path.read_bytes()).hexdigest()
        assert f"{path}: recorded {recorded}, now {found}" in message
        assert "restore the file from its backup" in message


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"not gzip at all", "不是 gzip"),
        (WHOLE[: len(WHOLE) // 2], "gzip 中途结束"),
        (order_file([b"<html>", b"<body>", b"busy"]), "都不是 JSON"),
        (b"", "空文件"),
    ],
)
def test_a_broken_order_file_replaces_nothing(
    warehouse: Any, deliveries: Deliveries, content: bytes, words: str
) -> None:
    deliveries.land("power", "charge_orders", DAY, "a.jsonl.gz", order_file([order(1)]))
    deliveries.load("power", "charge_orders", DAY)
    deliveries.land("power", "charge_orders", DAY, "a.jsonl.gz", content, version=2)
    with pytest.raises(LoadStoppedError, match=words) as stopped:
        deliveries.load("power", "charge_orders", DAY)
    assert _count(warehouse) == 1
    assert _count(warehouse, "select count(*) from ops.rejected_row") == 0
    [outcome] = stopped.value.outcomes
    assert (outcome.outcome_code, outcome.complete_through, outcome.rows_loaded) == ("stopped", None, 0)
    query = f"select outcome_code from ops.load where load_id = {outcome.load_id}"
    assert _count(warehouse, query) == "stopped"


@pytest.mark.parametrize(
    "content",
    [
        b"garbage\n",
        answers([({}, "<html>busy</html>")]),
        answers([({}, '{"code": 500}')]),
        pages([operation(1)])[:-20],
    ],
)
def test_a_broken_container_stops(deliveries: Deliveries, content: bytes) -> None:
    deliveries.land("transport", "vehicle_operations", DAY, "a.jsonl", content)
    with pytest.raises(LoadStoppedError, match="a\\.jsonl"):
        deliveries.load("transport", "vehicle_operations", DAY)


def test_a_landed_file_that_is_gone_stops(deliveries: Deliveries, warehouse: Any) -> None:
    deliveries.land("transport", "vehicle_operations", DAY, "a.jsonl", pages([operation(1)]))
    for path in (warehouse.home / "landing").rglob("*a.jsonl"):
        path.unlink()
    with pytest.raises(LoadStoppedError, match="GREEN_FREIGHT_LANDING_URL"):
        deliveries.load("transport", "vehicle_operations", DAY)


def test_an_agency_goes_on_past_what_stops(deliveries: Deliveries, warehouse: Any) -> None:
    deliveries.land("transport", "vehicle_operations", "2025-09-29", "a.jsonl", b"garbage")
    deliveries.land(
        "transport", "vehicle_operations", DAY, "b.jsonl", pages([operation(1), operation(2, trip_count="x")])
    )
    days = [Period("2025-09-28"), Period("2025-09-29"), Period(DAY)]
    told: list[str] = []
    work = [("vehicle_operations", day) for day in days]
    report = loading.load_agency(warehouse, "transport", work, "run-1", told.append)
    assert report.counts == {
        "loaded": 1, "unchanged": 0, "stopped": 1, "not_landed": 1, "rows_loaded": 1, "rows_rejected": 1,
    }  # fmt: skip
    assert report.not_landed == [("vehicle_operations", "2025-09-28")]
    assert "a.jsonl" in told[0] and "1 + 1 = 2" in told[1]
    with pytest.raises(LoadStoppedError, match="a\\.jsonl"):
        report.raise_if_stopped()


def test_a_killed_load_leaves_the_old_rows(warehouse: Any, deliveries: Deliveries) -> None:
    deliveries.land("power", "charge_orders", DAY, "a.jsonl.gz", order_file([order(1), order(2)]))
    deliveries.load("power", "charge_orders", DAY)
    orders = (order(n) for n in range(60_000))
    deliveries.land("power", "charge_orders", DAY, "b.jsonl.gz", order_file(orders), version=2)
    script = (
        "from green_freight.loading import load_agency\nfrom green_freight.periods import Period\n"
        "from green_freight.warehouse import Warehouse\n"
        f"work = [('charge_orders', Period('{DAY}'))]\n"
        "load_agency(Warehouse.from_settings(), 'power', work, 'run-2')\n"
    )
    environment = os.environ | warehouse.variables | {"PYTHONPATH": str(PROJECT / "plugins")}
    child = subprocess.Popen([sys.executable, "-c", script], env=environment)
    try:
        deadline = time.monotonic() + 60
        copying = "select count(*) from pg_stat_progress_copy where tuples_processed > 1000"
        with warehouse.admin() as admin:
            while admin.execute(copying).fetchone() == (0,):
                assert child.poll() is None and time.monotonic() < deadline, (
                    "the load ended before it was killed"
                )
                time.sleep(0.01)
        child.send_signal(signal.SIGKILL)
    finally:
        child.kill()
        child.wait()
    assert _count(warehouse) == 2
    assert _count(warehouse, "select count(*) from ops.load") == 1
    [outcome] = deliveries.load("power", "charge_orders", DAY)
    assert (outcome.rows_loaded, outcome.rows_replaced) == (60_000, 2)
    assert _count(warehouse) == 60_000


def test_loads_of_one_period_at_once_do_not_mix(warehouse: Any, deliveries: Deliveries) -> None:
    deliveries.land(
        "transport", "vehicle_operations", DAY, "a.jsonl", pages([operation(n) for n in range(300)], 100)
    )
    found: list[str] = []

    def load() -> None:
        found.extend(
            outcome.outcome_code for outcome in deliveries.load("transport", "vehicle_operations", DAY)
        )

    threads = [threading.Thread(target=load) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(found) == ["loaded", "unchanged", "unchanged", "unchanged"]
    assert _count(warehouse, "select count(*) from raw.transport_vehicle_operation") == 300


def test_the_winner_is_the_highest_version(warehouse: Any, deliveries: Deliveries) -> None:
    deliveries.land("power", "charge_orders", DAY, "a.jsonl.gz", order_file([order(1), order(2)]), version=3)
    deliveries.land("power", "charge_orders", DAY, "b.jsonl.gz", order_file([order(1)]), version=2)
    [outcome] = deliveries.load("power", "charge_orders", DAY)
    assert outcome.rows_loaded == 2
    assert outcome.complete_through == date(2025, 9, 30)
