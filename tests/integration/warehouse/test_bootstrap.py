"""The warehouse is made by any administrator, twice and at once, and its record of runs holds what it promises."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import psycopg
import pytest
from green_freight.cli.airflow_metadata import make_metadata
from green_freight.settings import ROLES
from green_freight.warehouse import bootstrap, migrate, runs

from local_stack.postgres import EmbeddedPostgres, ServerAddress
from tests.conftest import PASSWORDS

if TYPE_CHECKING:
    from tests.conftest import Warehouse


@pytest.fixture(scope="module")
def other_server() -> Iterator[ServerAddress]:
    """Give a server where the roles do not exist yet."""
    home = Path(tempfile.mkdtemp(prefix="green-freight-tests-"))
    home.chmod(0o755)
    postgres = EmbeddedPostgres(home)
    try:
        yield postgres.start()
    finally:
        postgres.stop()
        for folder in (home, postgres.run_home):
            shutil.rmtree(folder, ignore_errors=True)


def test_every_role_enters_with_its_own_login(warehouse: Warehouse) -> None:
    for role in ROLES:
        with warehouse.connect(role) as connection:
            row = connection.execute("select current_user, current_setting('timezone')").fetchone()
        assert row == (f"green_freight_{role}", "Asia/Shanghai")


def test_passwords_are_kept_as_scram(warehouse: Warehouse) -> None:
    with warehouse.admin() as admin:
        rows = admin.execute(
            "select rolpassword from pg_authid where rolname ~ '^green_freight_[^a]' and rolcanlogin"
        ).fetchall()
    assert len(rows) == len(ROLES)
    assert all(password.startswith("SCRAM-SHA-256$") for (password,) in rows)


def test_preparing_again_changes_nothing_and_takes_a_new_password(
    server: ServerAddress, warehouse: Warehouse
) -> None:
    with warehouse.connect("loader") as loader:
        loader.execute("create table raw.kept as select 1 as one")
    urls = bootstrap.prepare(server.dsn(), warehouse.database, PASSWORDS | {"reader": "another one"})
    try:
        with psycopg.connect(urls["reader"]) as reader:
            assert reader.execute("select current_user").fetchone() == ("green_freight_reader",)
        with warehouse.connect("builder") as builder:
            assert builder.execute("select one from raw.kept").fetchone() == (1,)
    finally:
        bootstrap.prepare(server.dsn(), warehouse.database, PASSWORDS)


def test_an_administrator_who_may_only_create_is_enough(other_server: ServerAddress) -> None:
    with psycopg.connect(other_server.dsn(), autocommit=True) as superuser:
        superuser.execute("create role dba login createrole createdb password 'dba'")
        # The embedded server lets nobody else in; a server of others does.
        superuser.execute("grant connect on database postgres to dba")
    parts = urlsplit(other_server.dsn())
    admin_url = f"postgresql://dba:dba@{parts.hostname}:{parts.port}/postgres?connect_timeout=5"
    for _ in range(2):
        urls = bootstrap.prepare(admin_url, "made by a dba", PASSWORDS)
    assert urls["reader"].endswith("/made%20by%20a%20dba?connect_timeout=5")
    for role in ROLES:
        with psycopg.connect(urls[role]) as connection:
            assert connection.execute("select current_database()").fetchone() == ("made by a dba",)
    with psycopg.connect(urls["reader"]) as reader:
        assert reader.execute("select current_setting('statement_timeout')").fetchone() == ("5min",)


def test_every_password_can_be_rotated(other_server: ServerAddress) -> None:
    """Each warehouse role's and Airflow's: the new one enters, the old one does not, and what is there stays."""
    first = {role: f"first {role}" for role in ROLES}
    second = {role: f"second/{role}%@" for role in ROLES}
    admin_url = other_server.dsn()
    old = bootstrap.prepare(admin_url, "rotated", first)
    old_metadata = make_metadata(admin_url, "first-airflow")
    with psycopg.connect(old["loader"]) as loader:
        loader.execute("create table raw.kept as select 1 as one")
    new = bootstrap.prepare(admin_url, "rotated", second)
    new_metadata = make_metadata(admin_url, "second-airflow")
    for refused in (*old.values(), old_metadata):
        with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
            psycopg.connect(refused)
    for role, url in new.items():
        with psycopg.connect(url) as connection:
            assert connection.execute("select current_user").fetchone() == (f"green_freight_{role}",)
    with psycopg.connect(new["builder"]) as builder:
        assert builder.execute("select one from raw.kept").fetchone() == (1,)
    with psycopg.connect(new_metadata) as airflow:
        assert airflow.execute("select current_user").fetchone() == ("airflow",)
    # Airflow's role enters its own database alone, and the warehouse's roles enter theirs alone.
    for url, database in [(new_metadata, "rotated"), *((url, "airflow") for url in new.values())]:
        with pytest.raises(psycopg.OperationalError, match="permission denied"):
            psycopg.connect(url, dbname=database)


def test_the_owner_alone_may_make_databases_on_an_older_server_too(
    server: ServerAddress, warehouse: Warehouse
) -> None:
    with warehouse.admin() as admin:
        admin.execute("alter role green_freight_owner nocreatedb")
        bootstrap.prepare(server.dsn(), warehouse.database, PASSWORDS)
        rows = admin.execute("select rolname from pg_roles where rolcreatedb and not rolsuper")
        assert rows.fetchall() == [("green_freight_owner",)]


def test_four_at_once_make_one_warehouse(server: ServerAddress) -> None:
    with ThreadPoolExecutor(4) as pool:
        urls = list(pool.map(lambda _: bootstrap.prepare(server.dsn(), "at_once", PASSWORDS), range(4)))
    assert all(url == urls[0] for url in urls)
    with psycopg.connect(urls[0]["owner"]) as owner:
        assert owner.execute("select count(*) from public.warehouse_version").fetchone() == (
            len(migrate.known()),
        )


# What an older release left in its record. The newest file lies in the landing store, the others do not.
OLDER_RECORD = """
insert into ops.run (run_id, kind_code, business_day, code_version) values ('kept', 'nightly', '2025-09-30', 'v');
insert into ops.fetch (run_id, agency_code, delivery_name, period_label, outcome_code, attempts)
values ('kept', 'postal', 'tricycles', '2025-09', 'landed', 1);
insert into ops.source_file (source_file_key, agency_code, delivery_name, period_label, file_name, sha256, bytes,
    landing_url, first_received_at, last_received_at)
select repeat(n::text, 20), 'postal', 'tricycles', '2025-0' || n, 'a.csv', repeat('0', 64), 1, url, at, at
from (values
    (9, 'file:///srv/green freight/landing/postal/tricycles/2025-09/00-a.csv', '2025-10-01'::timestamptz),
    (8, 'file:///srv/green freight/landing/postal/tricycles/2025-08/00-a.csv', '2025-09-01'),
    (7, 'file:///mnt/landing/postal/tricycles/2025-07/00-a.csv', '2025-08-01'),
    (6, 's3://bucket/landing/postal/tricycles/2025-06/00-a.csv', '2025-07-01'),
    (5, 'file:///a.csv', '2025-06-01')
) as file (n, url, at);
insert into ops.load (load_id, run_id, agency_code, dataset_id, delivery_name, period_label, source_file_key,
    outcome_code, rows_in_file, rows_loaded, rows_rejected)
values (1, 'kept', 'postal', 'postal_tricycle', 'tricycles', '2025-09', repeat('9', 20), 'loaded', 2, 1, 1);
insert into ops.rejected_row (load_id, agency_code, dataset_id, period_label, file_name, row_number, reason_code,
    message_zh, message_en)
values (1, 'postal', 'postal_tricycle', '2025-09', 'a.csv', 1, 'missing_value', '', '');
insert into ops.build (build_id, run_id, as_of_date, outcome_code, code_version)
values (1, 'kept', '2025-09-30', 'published', 'v');
"""
PLACES_AFTERWARDS = {
    9: "postal/tricycles/2025-09/00-a.csv",
    8: "postal/tricycles/2025-08/00-a.csv",
    7: "file:///mnt/landing/postal/tricycles/2025-07/00-a.csv",
    6: "s3://bucket/landing/postal/tricycles/2025-06/00-a.csv",
    5: "file:///a.csv",
}


@pytest.mark.parametrize("applied", [5, 13, 19, 24])
def test_an_older_database_gets_what_is_missing_and_keeps_its_record(
    server: ServerAddress, monkeypatch: pytest.MonkeyPatch, applied: int
) -> None:
    everything = migrate.known()
    with monkeypatch.context() as older:
        older.setattr(migrate, "known", lambda: everything[:applied])
        # The older code kept no registry, or another one, in the database.
        older.setattr(bootstrap, "store_registry", lambda owner: None)
        urls = bootstrap.prepare(server.dsn(), f"older_{applied}", PASSWORDS)
    with psycopg.connect(urls["owner"], autocommit=True) as owner:
        if applied > 13:
            owner.execute("insert into ops.agency values ('postal', '市邮政管理局', 'Postal administration')")
        owner.execute(OLDER_RECORD)
    last = everything[-1]
    killed = replace(last, sql=f"{last.sql}; select pg_terminate_backend(pg_backend_pid())")
    with monkeypatch.context() as dying:
        dying.setattr(migrate, "known", lambda: (*everything[:-1], killed))
        with (
            pytest.raises(psycopg.OperationalError),
            psycopg.connect(urls["owner"], autocommit=True) as owner,
        ):
            migrate.migrate(owner)
    # Nothing of a migration that was killed is there.
    with psycopg.connect(urls["owner"], autocommit=True) as owner:
        assert migrate.migrate(owner) == [migration.number for migration in everything[applied:]]
    bootstrap.prepare(server.dsn(), f"older_{applied}", PASSWORDS)
    with psycopg.connect(urls["owner"]) as owner:
        found = owner.execute("select right(source_file_key, 1)::int, landing_url from ops.source_file")
        assert dict(found.fetchall()) == PLACES_AFTERWARDS
        counted = owner.execute(
            "select (select count(*) from ops.run), (select count(*) from ops.fetch), (select count(*) from ops.load),"
            " (select count(*) from ops.rejected_row), (select count(*) from ops.build)"
        )
        assert counted.fetchone() == (1, 1, 1, 1, 1)


def test_a_newer_database_or_an_altered_migration_is_refused(
    warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    everything = migrate.known()
    with warehouse.connect("owner", autocommit=True) as owner:
        monkeypatch.setattr(migrate, "known", lambda: everything[:5])
        with pytest.raises(migrate.MigrationError, match="use the newer code"):
            migrate.migrate(owner)
        altered = migrate.Migration(1, "0001_schemas.sql", "select 1")
        monkeypatch.setattr(migrate, "known", lambda: (altered, *everything[1:]))
        with pytest.raises(migrate.MigrationError, match=r"0001_schemas\.sql was changed"):
            migrate.migrate(owner)


def test_a_reader_has_its_limits_at_every_moment(
    server: ServerAddress, warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Preparing again resets what a reader changed and sets the limits in one step, whole or not at all."""
    monkeypatch.setitem(bootstrap.READER_SETTINGS, "work_mem", "no size")
    with pytest.raises(psycopg.errors.InvalidParameterValue):
        bootstrap.prepare(server.dsn(), warehouse.database, PASSWORDS)
    with warehouse.connect("reader") as reader:
        assert reader.execute("show statement_timeout").fetchone() == ("5min",)


def test_every_table_and_column_of_the_record_is_described_in_both_languages(warehouse: Warehouse) -> None:
    with warehouse.admin() as admin:
        rows = admin.execute(
            "select c.oid::regclass || '.' || a.attname, col_description(c.oid, a.attnum), obj_description(c.oid) "
            "from pg_class as c join pg_attribute as a on a.attrelid = c.oid and a.attnum > 0 "
            "where c.relnamespace in ('ops'::regnamespace, 'mart'::regnamespace) and c.relkind in ('r', 'v')"
        ).fetchall()
    assert len(rows) > 90
    assert [name for name, *texts in rows if any(" / " not in (text or "") for text in texts)] == []


def test_loaded_plus_rejected_is_enforced(warehouse: Warehouse) -> None:
    insert = (
        "insert into ops.load (run_id, agency_code, dataset_id, delivery_name, period_label, outcome_code, "
        "rows_in_file, rows_loaded, rows_rejected) values ('r', 'power', 'd', 'd', '2025-09', %s, %s, %s, %s)"
    )
    with warehouse.connect("loader", autocommit=True) as loader:
        loader.execute(insert, ["loaded", 10, 7, 3])
        loader.execute(insert, ["stopped", None, None, None])
        for counts in ([10, 7, 2], [10, 7, None], [None, None, None]):
            with pytest.raises(psycopg.errors.CheckViolation):
                loader.execute(insert, ["loaded", *counts])


def test_a_run_begins_ends_and_begins_again(warehouse: Warehouse) -> None:
    runs.begin(warehouse, "r1", "nightly", date(2025, 9, 30), "first")
    runs.finish(warehouse, "r1", "published")
    runs.begin(warehouse, "r1", "nightly", date(2025, 9, 30), "again")
    with warehouse.connect("builder") as builder:
        row = builder.execute(
            "select reason, outcome_code, finished_at, code_version from ops.run"
        ).fetchone()
    assert row is not None
    assert row[:3] == ("again", None, None)
    assert row[3]
    with pytest.raises(LookupError, match="there is no run r2"):
        runs.finish(warehouse, "r2", "failed")
