"""Each role can do its own step and no other."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import psycopg
import pytest
from green_freight.settings import ROLES
from green_freight.warehouse import bootstrap, scalar

from tests.conftest import PASSWORDS

if TYPE_CHECKING:
    from tests.conftest import Warehouse

OPS = (
    "run",
    "fetch",
    "source_file",
    "load",
    "rejected_row",
    "build",
    "verdict",
    "candidate_lease",
    "coverage",
    "replay",
)

MAY = {
    "loader": [
        "create table raw.x (a int)",
        "insert into raw.thing values (2)",
        "create temporary table t (a int)",
        "insert into ops.fetch (run_id, agency_code, delivery_name, period_label, outcome_code) "
        "values ('r', 'power', 'd', '2025-09', 'landed')",
        "insert into ops.run values ('r', 'nightly', '2025-09-30', null, 'v')",
        "select * from ops.coverage",
        "select * from ops.dataset_month('2025-09-30')",
    ],
    "builder": [
        "select * from raw.thing",
        *(f"select * from ops.{table}" for table in OPS),
        *(
            f"create table {schema}.x (a int)"
            for schema in ("staging", "intermediate", "reference", "candidate")
        ),
        "insert into ops.build (run_id, as_of_date, code_version) values ('r', '2025-09-30', 'v')",
        "select * from mart.published",
        "select max(as_of_date) from mart.publication",
    ],
    "publisher": [
        "select * from candidate.thing",
        "create table mart.x (a int)",
        "insert into mart.published values (2)",
        "update ops.build set outcome_code = 'published'",
        "select * from ops.verdict",
        "select * from ops.coverage",
    ],
    "reader": [
        "select * from published",
        "select * from mart_history.published",
        "select * from mart_asof.publication_file",
        "select mart_asof.chosen_publication()",
        "select * from publication",
    ],
}

MAY_NOT = {
    "loader": [
        "select * from mart.published",
        "insert into mart.published values (2)",
        "create table mart.x (a int)",
        "create table candidate.x (a int)",
        "select * from candidate.thing",
        "update ops.build set outcome_code = 'audited'",
        "insert into ops.verdict (build_id, run_id) values (1, 'r')",
        "delete from ops.rejected_row",
        "delete from ops.expected_dataset",
        "create schema x",
        "create table public.x (a int)",
    ],
    "builder": [
        "insert into raw.thing values (2)",
        "drop table raw.thing",
        "create table raw.x (a int)",
        "insert into mart.published values (2)",
        "create table mart.x (a int)",
        "delete from ops.load",
        "insert into ops.fetch (run_id) values ('r')",
        "create schema x",
    ],
    "publisher": [
        "select * from raw.thing",
        "insert into candidate.thing values (2)",
        "drop table candidate.thing",
        "update ops.build set as_of_date = '2020-01-01'",
        "delete from ops.verdict",
        "create schema x",
    ],
    "reader": [
        *(f"select * from ops.{table}" for table in OPS),
        "select * from raw.thing",
        "select * from candidate.thing",
        "select * from mart_partition.thing",
        "insert into published values (2)",
        "update published set a = 3",
        "delete from published",
        "truncate published",
        "drop table published",
        "alter table published add column b int",
        "create table mart.x (a int)",
        "create table public.x (a int)",
        "create temporary table t (a int)",
        "create schema x",
        "select * from public.warehouse_version",
        "select * from ops.dataset_month('2025-09-30')",
        "set role green_freight_publisher",
        "select pg_advisory_lock(202302004)",
        "select pg_advisory_xact_lock(1, 2)",
        "select pg_try_advisory_lock_shared(1)",
        "select lo_create(0)",
        "select lo_from_bytea(0, 'a')",
        "set temp_file_limit = -1",
        "lock table published in access exclusive mode",
        "lock table published in share mode",
        "select pg_terminate_backend(pid) from pg_stat_activity where usename = 'green_freight_admin'",
        "select pg_read_file('postgresql.conf')",
        "select pg_reload_conf()",
        "copy published to program 'cat'",
        "copy published to '/tmp/published'",
        "create role another",
        "alter role green_freight_loader password 'x'",
        "alter role green_freight_reader superuser",
        "alter role green_freight_reader createrole",
        "alter role green_freight_reader connection limit -1",
        "grant green_freight_loader to green_freight_reader",
        "comment on table published is 'mine'",
        "create function mart.f() returns int language sql return 1",
        "create extension pg_trgm",
        "alter database postgres set work_mem = '1GB'",
        "set session_replication_role = replica",
        "select * from pg_authid",
    ],
}


STATEMENTS = {
    "select": "select from ops.{table} limit 0",
    "insert": "insert into ops.{table} default values",
    "update": "update ops.{table} set {column} = {column} where false",
    "delete": "delete from ops.{table} where false",
    "truncate": "truncate ops.{table}",
    "alter": "alter table ops.{table} rename to renamed",
    "drop": "drop table ops.{table}",
}


# With a column that is neither generated nor the only one that may be updated.
TABLES = """
select c.relname, min(a.attname)
from pg_class as c
inner join pg_attribute as a on a.attrelid = c.oid
where c.relnamespace = 'ops'::regnamespace and c.relkind in ('r', 'p')
  and a.attnum > 0 and not a.attisdropped and a.attname <> 'outcome_code'
group by c.relname
order by c.relname
"""


@pytest.fixture(scope="module")
def filled(module_warehouse: Warehouse) -> Iterator[Warehouse]:
    """Give a warehouse with one table in each layer, made by the role that makes it for real."""
    makers = [
        ("loader", "create table raw.thing (a int)"),
        ("builder", "create table candidate.thing (a int)"),
        ("publisher", "create table mart.published (a int)"),
        ("publisher", "create table mart_history.published (a int)"),
        ("publisher", "create table mart_partition.thing (a int)"),
    ]
    for role, statement in makers:
        with module_warehouse.connect(role) as connection:
            connection.execute(statement)
    yield module_warehouse


def attempt(warehouse: Warehouse, role: str, statement: str) -> None:
    with warehouse.connect(role) as connection:
        if role == "reader" and not statement.lower().startswith("select"):
            # What protects the tables is the missing grant, not the default that a session may switch off.
            connection.execute("set transaction read write")
        connection.execute(statement)
        connection.rollback()


@pytest.mark.parametrize(("role", "statement"), [(role, s) for role, all_ in MAY.items() for s in all_])
def test_a_role_may(filled: Warehouse, role: str, statement: str) -> None:
    attempt(filled, role, statement)


@pytest.mark.parametrize(("role", "statement"), [(role, s) for role, all_ in MAY_NOT.items() for s in all_])
def test_a_role_may_not(filled: Warehouse, role: str, statement: str) -> None:
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        attempt(filled, role, statement)


def test_the_reader_finds_mart_first_and_is_read_only(filled: Warehouse) -> None:
    with filled.connect("reader") as reader:
        row = reader.execute(
            "select current_setting('search_path'), current_setting('transaction_read_only')"
        ).fetchone()
    assert row == ("mart", "on")


# What each role needs of the tables and views of ops beside reading; nothing of those that are not listed. The
# publisher sets the outcome of a build, in that column alone.
WRITES = {
    "loader": {
        "run": ["insert", "update"],
        "fetch": ["insert", "update"],
        "source_file": ["insert", "update"],
        "load": ["insert", "update"],
        "rejected_row": ["insert", "update"],
        "unplaced_file": ["insert"],
        "backfill_part": ["insert", "update", "delete"],
        "candidate_lease": ["insert", "update", "delete"],
    },
    "builder": {
        "run": ["insert", "update"],
        "build": ["insert", "update"],
        "verdict": ["insert", "delete"],
        "figure_change": ["insert", "delete"],
        "fact_change": ["insert", "delete"],
        "approval": ["insert"],
        "approved_figure": ["insert"],
        "approved_fact_month": ["insert"],
        "candidate_lease": ["insert", "update", "delete"],
    },
    "publisher": {
        "run": ["insert", "update"],
        "fact_revision": ["insert"],
        "candidate_lease": ["insert", "update", "delete"],
    },
    "reader": {},
}


@pytest.mark.parametrize("role", WRITES)
def test_a_role_changes_of_the_record_of_runs_what_it_needs_to(filled: Warehouse, role: str) -> None:
    found: dict[str, list[str]] = {}
    tried = 0
    with filled.admin() as admin:
        tables = admin.execute(TABLES).fetchall()
    with filled.connect(role) as connection:
        for table, column in tables:
            for verb, statement in STATEMENTS.items():
                tried += 1
                if _is_allowed(connection, statement.format(table=table, column=column)) and verb != "select":
                    found.setdefault(table, []).append(verb)
    assert tried >= 80
    assert found == WRITES[role]


# What is the server's and its administrator's: no role may do it, not even the one that owns the database.
SERVER = """
create role another
create role another superuser
alter role {role} superuser
alter role {role} createrole
alter role {role} replication
alter role {role} bypassrls
alter role green_freight_admin password 'x'
alter role green_freight_admin set work_mem = '1GB'
drop role green_freight_admin
grant green_freight_admin to {role}
grant pg_read_server_files to {role}
grant pg_write_server_files to {role}
grant pg_execute_server_program to {role}
grant pg_read_all_data to {role}
grant pg_signal_backend to {role}
set role green_freight_admin
set session authorization green_freight_admin
select pg_read_file('postgresql.conf')
select pg_read_binary_file('postgresql.conf')
select pg_stat_file('postgresql.conf')
select pg_ls_dir('.')
select pg_ls_logdir()
select pg_ls_waldir()
select pg_ls_tmpdir()
select pg_current_logfile()
select lo_import('/etc/passwd')
select lo_export(1, '/dev/null')
copy (select 1) to program 'cat'
copy (select 1) to '/dev/null'
select pg_reload_conf()
select pg_rotate_logfile()
select pg_switch_wal()
select pg_create_restore_point('x')
select pg_backup_start('x')
select pg_promote()
select pg_wal_replay_pause()
select pg_create_physical_replication_slot('x')
select pg_create_logical_replication_slot('x', 'pgoutput')
select pg_drop_replication_slot('x')
select pg_replication_origin_create('x')
select pg_stat_reset()
select pg_stat_reset_shared('bgwriter')
select pg_log_backend_memory_contexts(1)
select * from pg_authid
select * from pg_shadow
select * from pg_hba_file_rules
select * from pg_file_settings
select * from pg_config
select * from pg_shmem_allocations
select * from pg_backend_memory_contexts
select * from pg_statistic
select * from pg_user_mapping
select subconninfo from pg_subscription
set temp_file_limit = -1
set session_replication_role = replica
set log_statement = none
set log_min_messages = panic
set log_min_error_statement = panic
set log_min_duration_statement = -1
set log_duration = off
set deadlock_timeout = '1h'
set max_stack_depth = '1MB'
set session_preload_libraries = 'x'
set zero_damaged_pages = on
set track_activities = off
set update_process_title = off
set allow_system_table_mods = on
set ignore_checksum_failure = on
set lc_messages = 'C'
set dynamic_library_path = '/'
load 'auto_explain'
update pg_class set relname = relname where false
insert into pg_authid default values
delete from pg_proc where false
alter table pg_catalog.pg_class rename to renamed
create table pg_catalog.x (a int)
create function pg_catalog.f() returns int language sql return 1
create function pg_temp.f() returns int language c as 'x'
alter database postgres set work_mem = '1GB'
alter database template1 rename to another
comment on database postgres is 'x'
grant connect on database postgres to public
alter default privileges for role green_freight_admin grant select on tables to public
reassign owned by green_freight_admin to {role}
drop owned by green_freight_admin
create publication another for all tables
create foreign data wrapper another
create access method another type table handler heap_tableam_handler
create text search template another (lexize = dsimple_lexize)
create event trigger another on ddl_command_start execute function ops.nothing()
""".strip().splitlines()


@pytest.mark.parametrize("role", ROLES)
def test_no_role_may_do_what_is_the_administrators(filled: Warehouse, role: str) -> None:
    done = []
    with filled.connect(role) as connection:
        for statement in SERVER:
            if _is_allowed(connection, statement.format(role=bootstrap.role_name(role))):
                done.append(statement)
    assert done == []
    assert len(SERVER) >= 80


def _is_allowed(connection: psycopg.Connection[Any], statement: str) -> bool:
    try:
        with connection.transaction(force_rollback=True):
            connection.execute("set transaction read write")
            connection.execute(statement.encode())
    except psycopg.errors.InsufficientPrivilege:
        return False
    except psycopg.Error:  # PostgreSQL asks for the privilege first
        return True
    return True


def test_a_readers_sessions_are_limited(filled: Warehouse) -> None:
    settings = {**bootstrap.READER_SETTINGS, **bootstrap.SUPERUSER_SETTINGS}
    with filled.connect("reader") as reader:
        found = {name: scalar(reader, f"select current_setting('{name}')".encode()) for name in settings}
    assert found == settings
    with filled.admin() as admin:
        limit = scalar(admin, "select rolconnlimit from pg_roles where rolname = 'green_freight_reader'")
    assert limit == bootstrap.READER_CONNECTIONS


def test_what_a_reader_changed_of_its_own_settings_is_undone_by_the_next_preparation(
    filled: Warehouse,
) -> None:
    with filled.connect("reader") as reader:
        reader.execute("set transaction read write")
        reader.execute("alter role green_freight_reader set statement_timeout = 0")
        reader.execute(
            f"alter role green_freight_reader in database {filled.database} set search_path = x".encode()
        )
    bootstrap.prepare(filled.server.dsn(), filled.database, PASSWORDS)
    with filled.connect("reader") as reader:
        assert scalar(reader, "select current_setting('statement_timeout')") == "5min"
        assert scalar(reader, "select current_setting('search_path')") == "mart"


@pytest.mark.parametrize("database", ["postgres", "template1"])
def test_a_reader_enters_no_other_database(filled: Warehouse, database: str) -> None:
    with pytest.raises(psycopg.OperationalError, match="permission denied for database"):
        psycopg.connect(filled.url("reader"), dbname=database)


def test_somebody_without_a_grant_cannot_even_enter(filled: Warehouse) -> None:
    with filled.admin() as admin:
        admin.execute("create role stranger login password 'stranger'")
        try:
            url = filled.url("reader").replace("green_freight_reader", "stranger")
            with pytest.raises(psycopg.OperationalError, match="permission denied for database"):
                psycopg.connect(url, password="stranger")
        finally:
            admin.execute("drop role stranger")
