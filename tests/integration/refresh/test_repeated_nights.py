"""The same night again, an older one after a newer, days in another order: the warehouse is the same."""

from __future__ import annotations

from datetime import date

import pytest
from green_freight import pipeline
from green_freight.auditing.audit import AuditFailedError

from .conftest import Snapshot
from .pipeline_warehouse import DAY, EVE, PipelineWarehouse

MONTH = date(2025, 9, 1)


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


def test_a_failed_audit_publishes_nothing_and_the_next_good_night_repairs_it(
    warehouse: PipelineWarehouse, base: Snapshot, reference: Snapshot
) -> None:
    night = warehouse.fetch_and_load()
    spoilt = "update raw.power_charge_order set energy_kwh = -energy_kwh where _period = %s returning 1"
    assert warehouse.rows(spoilt, DAY.isoformat())
    pipeline.build(warehouse.database, night.run_id)
    with pytest.raises(AuditFailedError, match=r"fct_charging_session\..*energy"):
        pipeline.audit(warehouse.database, night.run_id)
    assert _negative(warehouse, "candidate") > 0
    assert warehouse.tables() == base.tables
    assert warehouse.value("select outcome_code from ops.build order by build_id desc limit 1") == "rejected"
    with pytest.raises(Exception, match="audit"):
        pipeline.publish(warehouse.database, night.run_id)
    assert warehouse.tables() == base.tables
    assert warehouse.rows(spoilt, DAY.isoformat())
    again = warehouse.night()
    assert (again.errors, again.publication_no) == ({}, 2)
    assert warehouse.tables() == reference.tables
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
