"""The gate of raw between loads and builds, for the tests of both: slow loads, and who waits."""

from __future__ import annotations

import time
from threading import Event
from typing import Any, BinaryIO

from green_freight.contracts import contracts_of
from green_freight.landing import LandingStore
from green_freight.loading import LoadOutcome
from green_freight.loading.dataset_load import Task, load_dataset
from green_freight.periods import Period
from green_freight.warehouse import raw_gate

from tests.conftest import Warehouse
from tests.integration.loading.deliveries import Deliveries, operation, pages

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


def land(deliveries: Deliveries, day: str, count: int = 2) -> None:
    """Land the operation of so many vehicles on a day."""
    items = [operation(number, operation_date=day) for number in range(count)]
    deliveries.land(*SERVICE, day, f"vehicle_operations_{day}.jsonl", pages(items))


def load_from(held: HeldStore, warehouse: Warehouse, day: str) -> LoadOutcome:
    """Load a day's operation as soon as the store opens its file."""
    [contract] = contracts_of(*SERVICE)
    with warehouse.connect("loader", autocommit=True) as loader:
        outcome = load_dataset(loader, Task(contract, Period(day), "run-1", held))
    assert outcome is not None
    return outcome


def until_waiting(warehouse: Warehouse, count: int = 1) -> None:
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
