"""Each role can do its own step and no other."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import psycopg
import pytest

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
    ],
}


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


def test_somebody_without_a_grant_cannot_even_enter(filled: Warehouse) -> None:
    with filled.admin() as admin:
        admin.execute("create role stranger login password 'stranger'")
        try:
            url = filled.url("reader").replace("green_freight_reader", "stranger")
            with pytest.raises(psycopg.OperationalError, match="permission denied for database"):
                psycopg.connect(url, password="stranger")
        finally:
            admin.execute("drop role stranger")
