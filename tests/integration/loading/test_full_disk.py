"""PostgreSQL on a disk that is full: a load is undone whole, what stood before stands, and the next one is complete."""

from __future__ import annotations

import os
import pwd
import subprocess
from pathlib import Path

import psycopg
import pytest

from local_stack.postgres import SERVER_ACCOUNT
from tests.conftest import Warehouse

from .deliveries import Deliveries, operation, pages

SERVICE = ("transport", "vehicle_operations")
DAY = "2025-09-30"
STATE = "select (select count(*) from raw.transport_vehicle_operation), (select count(*) from ops.load)"


def _land(deliveries: Deliveries, count: int, version: int) -> None:
    items = [operation(number, operation_date=DAY, distance_km=80.5) for number in range(count)]
    deliveries.land(*SERVICE, DAY, f"vehicle_operations_{DAY}_v{version}.jsonl", pages(items), version)


def test_a_load_on_a_full_disk_is_undone_and_complete_afterwards(
    warehouse: Warehouse, small_disk: Path
) -> None:
    deliveries = Deliveries(warehouse)
    _land(deliveries, 3, 1)
    deliveries.load(*SERVICE, DAY)
    (place := small_disk / "tables").mkdir(mode=0o700)
    if os.geteuid() == 0:
        account = pwd.getpwnam(SERVER_ACCOUNT)
        os.chown(place, account.pw_uid, account.pw_gid)
    with warehouse.admin() as admin:
        admin.execute(f"create tablespace small location '{place}'".encode())
        admin.execute("alter table raw.transport_vehicle_operation set tablespace small")
        _land(deliveries, 6000, 2)
        with pytest.raises(psycopg.errors.DiskFull, match="No space left on device"):
            deliveries.load(*SERVICE, DAY)
        assert admin.execute(STATE).fetchone() == (3, 1)
        subprocess.run(["mount", "-o", "remount,size=64m", small_disk], check=True)
        [outcome] = deliveries.load(*SERVICE, DAY)
        assert (outcome.outcome_code, outcome.rows_loaded) == ("loaded", 6000)
        assert admin.execute(STATE).fetchone() == (6000, 2)
        admin.execute("alter table raw.transport_vehicle_operation set tablespace pg_default")
        admin.execute("drop tablespace small")
