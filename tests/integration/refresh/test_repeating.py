"""The same night again, an older one after a newer, days in another order: the warehouse is the same."""

from __future__ import annotations

from datetime import date

import pytest
from green_freight import pipeline
from green_freight.auditing.audit import AuditFailedError

from .conftest import Snapshot
from .house import DAY, EVE, House

MONTH = date(2025, 9, 1)


def test_days_in_another_order_and_again_give_the_same_warehouse(house: House, reference: Snapshot) -> None:
    # The reference took the missed day and the last one in one night.
    house.take_only(DAY)
    assert house.take(EVE).errors == {}
    newest = house.night(DAY, order=("power", "postal", "commerce", "transport"))
    assert newest.errors == {}
    assert house.tables() == reference.tables
    raw = _raw(house)
    older = house.night(EVE)
    assert (older.errors, older.publication_no) == ({}, None)
    assert house.tables() == reference.tables
    assert _raw(house) == raw
    assert (
        house.value(
            "select count(*) from ops.load where run_id = %s and outcome_code <> 'unchanged'", older.run_id
        )
        == 0
    )
    assert house.value("select max(as_of_date) from mart.publication") == DAY


def test_a_failed_audit_publishes_nothing_and_the_next_good_night_repairs_it(
    house: House, base: Snapshot, reference: Snapshot
) -> None:
    night = house.take()
    spoilt = "update raw.power_charge_order set energy_kwh = -energy_kwh where _period = %s returning 1"
    assert house.rows(spoilt, DAY.isoformat())
    pipeline.build(night.run_id)
    with pytest.raises(AuditFailedError, match=r"fct_charging_session\..*energy"):
        pipeline.audit(night.run_id)
    assert _negative(house, "candidate") > 0
    assert house.tables() == base.tables
    assert house.value("select outcome_code from ops.build order by build_id desc limit 1") == "rejected"
    with pytest.raises(Exception, match="audit"):
        pipeline.publish(night.run_id)
    assert house.tables() == base.tables
    assert house.rows(spoilt, DAY.isoformat())
    again = house.night()
    assert (again.errors, again.publication_no) == ({}, 2)
    assert house.tables() == reference.tables
    assert _negative(house, "candidate") == 0
    assert house.value("select %s = any(changed_months) from ops.build order by build_id desc limit 1", MONTH)


def _negative(house: House, schema: str) -> int:
    found: int = house.value(f"select count(*) from {schema}.fct_charging_session where energy_kwh < 0")
    return found


def _raw(house: House) -> dict[str, int]:
    tables = house.rows(
        "select tablename from pg_tables where schemaname = 'raw' and tablename <> 'reference_calendar'"
    )
    return {
        row["tablename"]: house.value(
            "select coalesce(sum(hashtextextended((to_jsonb(t) - '_load_id')::text, 0)), 0)::text"
            f" from raw.{row['tablename']} t"
        )
        for row in tables
    }
