"""The same night again, an older one after a newer, days in another order, after a failed audit: the same warehouse."""

from __future__ import annotations

import threading
from datetime import date
from typing import Any

import psycopg
import pytest
from green_freight import pipeline
from green_freight.auditing.audit import AuditFailedError
from green_freight.publishing.errors import NotAuditedError

from .conftest import Snapshot
from .pipeline_warehouse import DAY, EVE, PipelineWarehouse

MONTH = date(2025, 9, 1)
# What the power company delivered of the night, and nothing that has come before.
BACKFILL: dict[str, Any] = {
    "from_month": "2025-09",
    "to_month": "2025-09",
    "agencies": ["power"],
    "reason": "补取 / missing deliveries",
    "business_day": DAY.isoformat(),
    "only_missing": True,
}
READ = """
select md5(string_agg(line, '|' order by line)) from (
    select value::text from mart.fct_indicator_value as value union all
    select score::text from mart.scorecard as score union all
    select count(*) || ' ' || sum(energy_kwh) from mart.fct_charging_session
) as content (line)
"""


def test_days_in_another_order_and_again_give_the_same_warehouse(
    warehouse: PipelineWarehouse, reference: Snapshot
) -> None:
    # The reference took the missed day and the last one in one night.
    warehouse.load_only(DAY)
    assert warehouse.fetch_and_load(EVE).errors == {}
    newest = warehouse.night(DAY, order=("power", "postal", "commerce", "transport"))
    assert newest.errors == {}
    assert warehouse.tables() == reference.tables
    raw = _raw(warehouse)
    older = warehouse.night(EVE)
    assert (older.errors, older.publication_no) == ({}, None)
    assert warehouse.tables() == reference.tables
    assert _raw(warehouse) == raw
    assert (
        warehouse.value(
            "select count(*) from ops.load where run_id = %s and outcome_code <> 'unchanged'", older.run_id
        )
        == 0
    )
    assert warehouse.value("select max(as_of_date) from mart.publication") == DAY


class Reader(threading.Thread):
    """A reader that queries the published figures all the time, each query in one transaction."""

    def __init__(self, url: str) -> None:
        super().__init__(daemon=True)
        self.url, self.seen, self.reads = url, set[str](), 0
        self.is_over = threading.Event()

    def run(self) -> None:
        with psycopg.connect(self.url, autocommit=True) as reader:
            while not self.is_over.is_set():
                row = reader.execute(READ).fetchone()
                assert row is not None
                self.seen.add(row[0])
                self.reads += 1

    def __enter__(self) -> Reader:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.is_over.set()
        self.join()


def test_readers_never_see_a_failed_audit_and_the_next_good_night_repairs_it(
    warehouse: PipelineWarehouse, base: Snapshot, reference: Snapshot
) -> None:
    spoilt = "update raw.power_charge_order set energy_kwh = -energy_kwh where _period = %s returning 1"
    with Reader(warehouse.database.url("reader")) as reader:
        run_id = warehouse.backfill(BACKFILL)
        assert warehouse.rows(spoilt, DAY.isoformat())
        pipeline.build(warehouse.database, run_id)
        with pytest.raises(AuditFailedError, match=r"fct_charging_session\..*energy"):
            pipeline.audit(warehouse.database, run_id)
        with pytest.raises(NotAuditedError, match="audit"):
            pipeline.publish(warehouse.database, run_id)
    assert reader.reads > 100
    assert len(reader.seen) == 1
    assert _negative(warehouse, "candidate") > 0
    assert warehouse.tables() == base.tables
    assert warehouse.value("select outcome_code from ops.build order by build_id desc limit 1") == "rejected"
    assert warehouse.rows(spoilt, DAY.isoformat())
    again = warehouse.night()
    assert (again.errors, again.publication_no) == ({}, 2)
    # The backfill has asked for a file more than a night does.
    repaired = warehouse.tables()
    differing = {name for name in repaired if repaired[name] != reference.tables[name]}
    assert differing == {"dim_source_file", "data_quality"}
    assert _negative(warehouse, "candidate") == 0
    assert warehouse.value(
        "select %s = any(changed_months) from ops.build order by build_id desc limit 1", MONTH
    )


def _negative(warehouse: PipelineWarehouse, schema: str) -> int:
    found: int = warehouse.value(f"select count(*) from {schema}.fct_charging_session where energy_kwh < 0")
    return found


def _raw(warehouse: PipelineWarehouse) -> dict[str, int]:
    tables = warehouse.rows(
        "select tablename from pg_tables where schemaname = 'raw' and tablename <> 'reference_calendar'"
    )
    return {
        row["tablename"]: warehouse.value(
            "select coalesce(sum(hashtextextended((to_jsonb(t) - '_load_id')::text, 0)), 0)::text"
            f" from raw.{row['tablename']} t"
        )
        for row in tables
    }
