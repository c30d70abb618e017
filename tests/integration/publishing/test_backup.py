"""A backup comes back whole: over a warehouse that has gone on, and into a server that has none."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from green_freight.publishing import PublicationOutcome
from green_freight.settings import ROLES
from green_freight.warehouse import bootstrap

from local_stack import backup
from local_stack.postgres import EmbeddedPostgres, ServerAddress
from tests.warehouses import PASSWORDS, Warehouse, remove_server, start_server

from .conftest import Star

CATALOG = Path(__file__).with_name("catalog.sql").read_text(encoding="utf-8")
TABLES = """
select c.oid::regclass::text, c.relkind = 'S' from pg_class as c inner join pg_namespace as n on n.oid = c.relnamespace
where c.relkind in ('r', 'S') and n.nspname !~ '^(pg_|information_schema$)'
"""


def state(server: ServerAddress, database: str) -> dict[str, set[tuple[Any, ...]]]:
    """Return what a database holds and is, without what its rights' order or its columns' history change."""
    with psycopg.connect(server.dsn(database)) as admin:
        admin.execute("set search_path = pg_catalog")
        catalog = {tuple(map(_sorted, row)) for row in admin.execute(CATALOG).fetchall()}
        rows = set()
        for table, is_sequence in admin.execute(TABLES).fetchall():
            row = "(last_value, is_called)::text" if is_sequence else "t::text"
            query = f"select count(*), sum(hashtextextended({row}, 0)) from {table} as t"
            rows.add((table, *(admin.execute(query).fetchone() or ())))
        return {"catalog": catalog, "rows": rows}


def _sorted(value: Any) -> Any:
    is_rights = isinstance(value, str) and value.startswith("{") and "=" in value
    return ",".join(sorted(value.strip("{}").split(","))) if is_rights else value


def landing(folder: Path) -> str:
    return f"file://{folder}"


@pytest.fixture(scope="module")
def fresh_server() -> Iterator[ServerAddress]:
    """Give a server that holds nothing yet."""
    home = Path(tempfile.mkdtemp(prefix="green-freight-tests-"))
    home.chmod(0o755)
    postgres = EmbeddedPostgres(home)
    try:
        yield start_server(postgres)
    finally:
        remove_server(postgres)
        shutil.rmtree(home, ignore_errors=True)


def next_night(star: Star) -> PublicationOutcome:
    star.fill(1)
    return star.publish()


def test_a_backup_comes_back_over_a_newer_state_and_into_a_fresh_server(
    star: Star, tmp_path: Path, fresh_server: ServerAddress
) -> None:
    warehouse: Warehouse = star.warehouse  # type: ignore[assignment]
    server, name = warehouse.server, warehouse.database
    delivered = tmp_path / "landing" / "postal" / "tricycles"
    delivered.mkdir(parents=True)
    (delivered / "a.csv").write_text("一月", encoding="utf-8")
    star.publish()
    with warehouse.connect("loader") as loader:
        loader.execute("create table raw.some as select 1 as one")
    bootstrap.prepare(server.dsn(), name, PASSWORDS)
    published, whole = star.state(), state(server, name)
    saved = tmp_path / "saved"
    assert backup.back_up(server.dsn(), name, landing(tmp_path / "landing"), saved) > 0
    modes = {path.stat().st_mode & 0o077 for path in (saved, saved / backup.DUMP, saved / backup.LANDING)}
    assert modes == {0}

    # It goes on: another publication, another structure, a file lost.
    next_night(star)
    with warehouse.connect("loader") as loader:
        loader.execute("alter table raw.some add column two int; create table raw.other ()")
    with warehouse.admin() as admin:
        admin.execute("create schema stray; create table stray.thing (id int primary key)")
    (delivered / "a.csv").unlink()
    before = backup.restore(server.dsn(), name, PASSWORDS, landing(tmp_path / "landing"), saved)
    assert state(server, name) == whole
    assert star.state() == published
    assert (delivered / "a.csv").read_text(encoding="utf-8") == "一月"
    with psycopg.connect(server.dsn(), autocommit=True) as admin:
        assert admin.execute(
            "select datallowconn from pg_database where datname = %s", [before]
        ).fetchone() == (False,)
        admin.execute(f'drop database "{before}"')
    outcome = next_night(star)
    assert (outcome.outcome_code, outcome.publication_no) == ("published", 2)

    # A server of its own, with passwords of its own.
    passwords = {role: f"other {role}" for role in ROLES}
    bootstrap.prepare(fresh_server.dsn(), name, passwords)
    backup.restore(fresh_server.dsn(), name, passwords, landing(tmp_path / "new"), saved)
    assert state(fresh_server, name) == whole
    assert (tmp_path / "new" / "postal" / "tricycles" / "a.csv").exists()
    with psycopg.connect(
        bootstrap.role_url(fresh_server.dsn(), name, "reader", passwords["reader"])
    ) as reader:
        assert reader.execute("select count(*) from fct_session").fetchone() == (20,)
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            reader.execute("select pg_advisory_lock(1)")


def test_a_restore_that_fails_changes_nothing(star: Star, tmp_path: Path) -> None:
    warehouse: Warehouse = star.warehouse  # type: ignore[assignment]
    server, name = warehouse.server, warehouse.database
    whole = state(server, name)
    with pytest.raises(backup.BackupError, match=r"has no green_freight\.dump"):
        backup.restore(server.dsn(), name, PASSWORDS, landing(tmp_path), tmp_path)
    (tmp_path / backup.DUMP).write_bytes(b"PGDMP and then nothing")
    with pytest.raises(backup.BackupError, match="pg_restore failed and nothing was changed"):
        backup.restore(server.dsn(), name, PASSWORDS, landing(tmp_path), tmp_path)
    backup.back_up(server.dsn(), name, landing(tmp_path / "landing"), tmp_path)
    dump = (tmp_path / backup.DUMP).read_bytes()
    (tmp_path / backup.DUMP).write_bytes(dump[: len(dump) // 2])
    with pytest.raises(backup.BackupError, match="nothing was changed"):
        backup.restore(server.dsn(), name, PASSWORDS, landing(tmp_path), tmp_path)
    assert state(server, name) == whole
    with psycopg.connect(server.dsn()) as admin:
        left = admin.execute(
            "select 1 from pg_database where datname like %s", [f"{name}%\\_restore%"]
        ).fetchall()
    assert left == []
