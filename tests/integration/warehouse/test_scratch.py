"""Scratch databases: made and dropped by the owner alone, found when a killed run left them, never mixed up."""

from __future__ import annotations

import json
from datetime import date, timedelta
from typing import TYPE_CHECKING

import psycopg
import pytest
from green_freight import settings
from green_freight.warehouse import migrate, runs, scratch

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.conftest import Warehouse


@pytest.fixture(autouse=True)
def nothing_left(warehouse: Warehouse) -> Iterator[None]:
    yield
    for database in _databases(warehouse):
        with warehouse.admin() as admin:
            admin.execute(f'drop database "{database}" with (force)')


def _databases(warehouse: Warehouse) -> list[str]:
    """Return the databases that bear the warehouse's prefix."""
    with warehouse.admin() as admin:
        rows = admin.execute(
            "select datname from pg_database where starts_with(datname, %s) order by 1",
            [f"{warehouse.database}__scratch_"],
        ).fetchall()
    return [name for (name,) in rows]


def test_it_has_the_warehouses_frame_and_logins_but_no_readers(warehouse: Warehouse) -> None:
    made = scratch.create(warehouse, "replay_12")
    assert _databases(warehouse) == [made.database] == [f"{warehouse.database}__scratch_replay_12"]
    for role in settings.ROLES:
        if role == "reader":
            with pytest.raises(psycopg.OperationalError, match="permission denied for database"):
                psycopg.connect(made.warehouse.urls[role])
            continue
        with psycopg.connect(made.warehouse.urls[role]) as connection:
            row = connection.execute(
                "select current_user, current_database(), current_setting('timezone')"
            ).fetchone()
        assert row == (f"green_freight_{role}", made.database, "Asia/Shanghai")
    with psycopg.connect(made.warehouse.urls["owner"]) as owner:
        applied = owner.execute("select count(*) from public.warehouse_version").fetchone()
    assert applied == (len(migrate.known()),)
    scratch.drop(warehouse, "replay_12")
    scratch.drop(warehouse, "replay_12")
    assert _databases(warehouse) == []


def test_it_needs_no_administrator(warehouse: Warehouse) -> None:
    with warehouse.connect("owner") as owner:
        rights = owner.execute(
            "select rolcreatedb, rolcreaterole, rolsuper from pg_roles where rolname = current_user"
        ).fetchone()
    assert rights == (True, False, False)


def test_code_works_on_it_by_its_own_warehouse_object(warehouse: Warehouse) -> None:
    made = scratch.create(warehouse, "dry run")
    with pytest.raises(ZeroDivisionError), scratch.dropped_afterwards(warehouse, made):
        with made.warehouse.connect("builder") as builder:
            assert builder.execute("select current_database()").fetchone() == (made.database,)
        assert made.warehouse.home == warehouse.home / "scratch" / made.warehouse.home.name
        assert made.warehouse.landing_url == warehouse.landing_url
        (made.warehouse.home / "dbt_target").mkdir(parents=True)
        raise ZeroDivisionError
    assert _databases(warehouse) == []
    assert not made.warehouse.home.exists()


def test_any_text_is_a_name_and_different_names_are_different_databases(warehouse: Warehouse) -> None:
    names = ["补录 “甲”; drop", "补录 “乙”; drop", "x" * 200, '"', "A", "a"]
    made = [scratch.create(warehouse, name) for name in names]
    assert _databases(warehouse) == sorted(one.database for one in made)
    assert len({one.warehouse.home for one in made}) == len(names)
    assert all(one.warehouse.home.parent == warehouse.home / "scratch" for one in made)
    assert {one.name for one in scratch.left_over(warehouse, timedelta(0))} == set(names)
    for name in names:
        scratch.drop(warehouse, name)
    assert _databases(warehouse) == []


def test_a_killed_runs_scratch_is_found_and_removed_by_the_next(warehouse: Warehouse) -> None:
    killed, in_use = scratch.create(warehouse, "killed"), scratch.create(warehouse, "in use")
    with psycopg.connect(in_use.warehouse.urls["builder"]):
        assert scratch.left_over(warehouse) == []
        assert [one.database for one in scratch.left_over(warehouse, timedelta(0))] == [killed.database]
        _age(warehouse, killed.database)
        _age(warehouse, in_use.database)
        scratch.drop_left_over(warehouse)
        assert killed.database not in _databases(warehouse)
        assert in_use.database in _databases(warehouse)


def test_the_scratch_of_a_run_that_is_over_is_removed_by_the_next(warehouse: Warehouse) -> None:
    for run_id in ("over", "running"):
        scratch.create(warehouse, run_id)
        runs.begin(warehouse, run_id, runs.DRY_RUN, date(2025, 9, 30))
    runs.finish(warehouse, "over", "failed")
    scratch.drop_left_over(warehouse)
    assert _databases(warehouse) == [scratch.named(warehouse, "running").database]


def test_one_whose_maker_was_killed_before_its_mark_is_removed(warehouse: Warehouse) -> None:
    unmarked = [scratch.named(warehouse, name).database for name in ("补录 once", "补录 again", "made now")]
    with warehouse.connect("owner", autocommit=True) as owner, warehouse.connect("owner") as maker:
        for database in unmarked:
            owner.execute(f'create database "{database}" template template0 allow_connections false')
        maker.execute("select pg_advisory_lock(hashtextextended(%s, 0))", [unmarked[2]])
        scratch.create(warehouse, "补录 again")
        scratch.drop_left_over(warehouse)
        assert _databases(warehouse) == sorted(unmarked[1:])


def test_the_same_name_again_replaces_a_dead_one_and_refuses_a_live_one(warehouse: Warehouse) -> None:
    dead = scratch.create(warehouse, "replay_3")
    with psycopg.connect(dead.warehouse.urls["owner"]) as owner:
        owner.execute("create table ops.remnant (a int)")
    made = scratch.create(warehouse, "replay_3")
    with psycopg.connect(made.warehouse.urls["owner"]) as owner:
        assert owner.execute("select to_regclass('ops.remnant')").fetchone() == (None,)
        with pytest.raises(scratch.ScratchError, match="is in use"):
            scratch.create(warehouse, "replay_3")


def test_sessions_left_in_it_are_ended_except_an_administrators(warehouse: Warehouse) -> None:
    made = scratch.create(warehouse, "used")
    with psycopg.connect(made.warehouse.urls["builder"]), psycopg.connect(made.warehouse.urls["loader"]):
        with (
            psycopg.connect(warehouse.server.dsn(made.database)),
            pytest.raises(scratch.ScratchError, match="an administrator is connected"),
        ):
            scratch.drop(warehouse, "used")
        assert _databases(warehouse) == [made.database]
        scratch.drop(warehouse, "used")
    assert _databases(warehouse) == []


def test_what_is_not_marked_as_this_warehouses_scratch_is_never_dropped(warehouse: Warehouse) -> None:
    made = scratch.create(warehouse, "mine")
    with warehouse.admin() as admin:
        for comment in (None, "mine", json.dumps({"green_freight_scratch_of": "another"}), "[]", "3"):
            admin.execute(
                psycopg.sql.SQL("comment on database {} is {}").format(
                    psycopg.sql.Identifier(made.database), psycopg.sql.Literal(comment)
                )
            )
            with pytest.raises(scratch.ScratchError, match="does not bear the mark"):
                scratch.drop(warehouse, "mine")
            assert scratch.left_over(warehouse, timedelta(0)) == []
    assert _databases(warehouse) == [made.database]
    with warehouse.connect("owner") as owner:
        assert owner.execute("select current_database()").fetchone() == (warehouse.database,)


def _age(warehouse: Warehouse, database: str) -> None:
    """Let a scratch look a day old."""
    with warehouse.admin() as admin:
        [mark] = admin.execute(
            "select shobj_description(oid, 'pg_database') from pg_database where datname = %s", [database]
        ).fetchone() or [""]
        facts = json.loads(mark) | {"created_at": "2025-09-29T00:00:00+00:00"}
        admin.execute(
            psycopg.sql.SQL("comment on database {} is {}").format(
                psycopg.sql.Identifier(database), psycopg.sql.Literal(json.dumps(facts))
            )
        )
