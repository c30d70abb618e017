"""A copy of the warehouse's state equals it as it stood at one moment, whatever is loaded meanwhile."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import psycopg
import pytest
from green_freight.warehouse import scratch
from green_freight.warehouse.state_copy import CopyProgress, copy_state
from psycopg import sql

if TYPE_CHECKING:
    from tests.conftest import Warehouse

ROWS = 1000

FILLED = {
    "loader": [
        "create table raw.power_pile (pile_id text, power_kw numeric(10, 3), _period text, _city_code text, "
        "_received_at timestamptz, _load_id bigint)",
        "insert into raw.power_pile select 'p' || n, n / 7.0, '2025-09', '320700', now(), 1 "
        f"from generate_series(1, {ROWS}) as n",
        "insert into ops.run values ('r', 'nightly', '2025-09-30', '原因 / why', 'v')",
        "insert into ops.load (run_id, agency_code, dataset_id, delivery_name, period_label, outcome_code, "
        "rows_in_file, rows_loaded, rows_rejected, affected_months, warnings) values ('r', 'power', 'power_pile', "
        "'pile', '2025-09', 'loaded', 11, 10, 1, array['2025-09-01', null]::date[], '[\"警告\"]')",
        "insert into ops.rejected_row values (1, 'power', 'power_pile', '2025-09', 'f', null, 3, null, 'bad', "
        "'坏', 'bad', '{\"a\": 1}')",
    ],
    "builder": [
        "insert into ops.build (run_id, as_of_date, code_version) values ('r', '2025-09-30', 'v')",
        "insert into ops.candidate_lease values (true, 'r', now(), now() + interval '1 hour')",
    ],
    "publisher": [
        "insert into mart.publication values (1, now(), 'nightly', null, '2025-09-30', 'v', 1, 'r', '{}', 1, 0)",
        "insert into mart.publication_table_change values (1, 'fct_session', 2, 0, 0)",
        "create table mart.fct_session (city_code text, period_month date, energy_kwh numeric, "
        "primary key (city_code, period_month)) partition by range (period_month)",
        "create table mart_partition.fct_session_y2025m09 partition of mart.fct_session "
        "for values from ('2025-09-01') to ('2025-10-01')",
        "insert into mart.fct_session values ('320700', '2025-09-01', 12.50)",
    ],
}


@pytest.fixture
def filled(warehouse: Warehouse) -> Warehouse:
    for role, statements in FILLED.items():
        with warehouse.connect(role) as connection:
            for statement in statements:
                connection.execute(statement.encode())
    return warehouse


@pytest.fixture
def target(filled: Warehouse) -> Iterator[scratch.Scratch]:
    made = scratch.create(filled, "copy")
    yield made
    scratch.drop(filled, "copy")


def _contents(owner_url: str) -> dict[str, tuple[object, ...] | None]:
    """Return a hash and the number of rows of each table of raw, ops and mart."""
    with psycopg.connect(owner_url) as owner:
        names = owner.execute(
            "select schemaname, tablename from pg_tables where schemaname in ('raw', 'ops', 'mart')"
        ).fetchall()
        return {
            f"{schema}.{name}": owner.execute(
                sql.SQL(
                    "select coalesce(sum(hashtextextended(to_jsonb(t)::text, 0)), 0), count(*) from {} as t"
                ).format(sql.Identifier(schema, name))
            ).fetchone()
            for schema, name in names
        }


def test_it_equals_the_warehouse_at_one_moment_while_loads_go_on(
    filled: Warehouse, target: scratch.Scratch
) -> None:
    before = _contents(filled.url("owner"))
    reported: list[CopyProgress] = []

    def load_more(progress: CopyProgress) -> None:
        reported.append(progress)
        with filled.connect("loader") as loader:
            loader.execute("insert into raw.power_pile (pile_id, _period) values ('later', '2025-10')")
            loader.execute(
                "insert into ops.run values (%s, 'nightly', '2025-10-01', null, 'v')", [progress.table]
            )

    rows = copy_state(filled, target.warehouse, load_more)
    copied = _contents(target.warehouse.urls["owner"])
    lease = copied.pop("ops.candidate_lease"), before.pop("ops.candidate_lease")
    assert copied == before
    assert _contents(filled.url("owner"))["raw.power_pile"] != before["raw.power_pile"]
    assert lease[0] == (0, 0)
    assert lease[1] != (0, 0)
    assert rows["raw.power_pile"] == ROWS
    assert rows == {one.table: one.rows for one in reported}
    assert [one.done for one in reported] == list(range(1, len(rows) + 1))
    assert {one.total for one in reported} == {len(rows)}


def test_each_table_belongs_to_the_role_that_writes_it_and_serial_numbers_go_on(
    filled: Warehouse, target: scratch.Scratch
) -> None:
    copy_state(filled, target.warehouse)
    with psycopg.connect(target.warehouse.urls["owner"]) as owner:
        owners = dict(
            owner.execute(
                "select schemaname || '.' || tablename, tableowner from pg_tables "
                "where schemaname in ('raw', 'ops', 'mart')"
            ).fetchall()
        )
    wrong = {
        name: role
        for name, role in owners.items()
        if role
        != {"raw": "green_freight_loader", "ops": "green_freight_owner", "mart": "green_freight_publisher"}[
            name.partition(".")[0]
        ]
    }
    assert wrong == {}
    assert "mart.fct_session" in owners
    with psycopg.connect(target.warehouse.urls["builder"]) as builder:
        assert builder.execute("select energy_kwh::text from mart.fct_session").fetchone() == ("12.50",)
        assert builder.execute("select nextval('ops.build_build_id_seq')").fetchone() == (2,)
    with psycopg.connect(target.warehouse.urls["loader"]) as loader:
        assert loader.execute("select nextval('ops.load_load_id_seq')").fetchone() == (2,)


def test_a_load_in_flight_is_waited_for(filled: Warehouse, target: scratch.Scratch) -> None:
    """A load that holds the gate keeps the copy from looking; the copy then has the load whole."""
    from concurrent.futures import ThreadPoolExecutor

    from green_freight.warehouse import raw_gate

    with ThreadPoolExecutor(1) as pool, filled.connect("loader") as loader:
        loader.execute("select pg_advisory_xact_lock_shared(%s)", [raw_gate.LOCK])
        loader.execute("insert into raw.power_pile (pile_id, _period) values ('in flight', '2025-09')")
        copying = pool.submit(copy_state, filled, target.warehouse)
        _wait_for_the_gate(filled)
        assert not copying.done()
        loader.commit()
        assert copying.result()["raw.power_pile"] == ROWS + 1


def _wait_for_the_gate(warehouse: Warehouse) -> None:
    with warehouse.admin() as admin:
        while admin.execute(
            "select count(*) from pg_locks where locktype = 'advisory' and not granted "
            "and database = (select oid from pg_database where datname = current_database())"
        ).fetchone() == (0,):
            pass


def test_a_scratch_that_is_not_empty_is_refused(filled: Warehouse, target: scratch.Scratch) -> None:
    copy_state(filled, target.warehouse)
    with pytest.raises(psycopg.errors.UniqueViolation):
        copy_state(filled, target.warehouse)
