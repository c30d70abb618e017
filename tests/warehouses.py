"""PostgreSQL servers and warehouses for tests, and the templates that spare a test to load and build its own.

A warehouse is a copy of a template database, which takes a second: at least of the empty, migrated warehouse. The
refresh tests copy a `Snapshot`: a warehouse that was loaded, built, audited and published once for the whole run,
then renamed, and never written again. Each test gets a copy of its own, so tests stay independent of each other.

What the workers of one pytest run share lies in `session_folder()`: the server of the refresh tests, the snapshots,
and the folders of state of the warehouses. pytest's controller makes the folder and removes it at the end.

What dbt parsed of the project for one warehouse is put into the next ones: it parses again what has changed alone.
"""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from itertools import count
from pathlib import Path
from typing import Any

import psycopg
from green_freight.building import dbt_run
from green_freight.reporting import data_dictionary
from green_freight.settings import ROLES, url_variable
from green_freight.warehouse import Warehouse as AnyWarehouse
from green_freight.warehouse import bootstrap, migrate
from psycopg import sql
from psycopg.rows import TupleRow

from local_stack.postgres import EmbeddedPostgres, ServerAddress

PASSWORDS = {role: f"{role} pass/word" for role in ROLES}
PARSED = "dbt_target/partial_parse.msgpack"
_SESSION = "TEST_SESSION_FOLDER"


@dataclass(frozen=True)
class Warehouse(AnyWarehouse):
    """A bootstrapped warehouse with its database's name and its server."""

    database: str
    server: ServerAddress

    def admin(self) -> psycopg.Connection[TupleRow]:
        """Open a connection to this database as the server's administrator, committing each statement."""
        return psycopg.connect(self.server.dsn(self.database), autocommit=True)

    @property
    def variables(self) -> dict[str, str]:
        """Return the environment in which a process takes this warehouse for the installed one."""
        urls = {url_variable(role): url for role, url in self.urls.items()}
        return urls | {"GREEN_FREIGHT_HOME": str(self.home), "GREEN_FREIGHT_LANDING_URL": self.landing_url}


@dataclass(frozen=True)
class Snapshot:
    """A template database, the folder of its state, the landing store of its files, a hash of each published table."""

    database: str
    home: str
    landing_url: str
    tables: dict[str, str]


def begin_session() -> None:
    """Make the folder that the workers of this run share; for pytest's controller, before it starts them."""
    # Not pytest's own folder: that one is closed to the server's account when root runs the tests.
    folder = tempfile.mkdtemp(prefix="green-freight-tests-")
    Path(folder).chmod(0o755)
    os.environ[_SESSION] = folder


def end_session() -> None:
    """Stop the shared server and remove the folder."""
    if (session_folder() / "postgres").exists():
        remove_server(EmbeddedPostgres(session_folder() / "postgres"))
    shutil.rmtree(session_folder(), ignore_errors=True)


def session_folder() -> Path:
    """Return the folder that the workers of this run share."""
    return Path(os.environ[_SESSION])


def start_server(postgres: EmbeddedPostgres) -> ServerAddress:
    """Start a server that need not survive a power cut, if it does not run yet."""
    address = postgres.start()
    with psycopg.connect(address.dsn(), autocommit=True) as admin:
        admin.execute("alter system set fsync = off")
        admin.execute("alter system set full_page_writes = off")
        # Both processors have a worker of pytest; starting a second process takes longer than a small table does.
        admin.execute("alter system set max_parallel_workers_per_gather = 0")
        admin.execute("alter system set autovacuum_naptime = '10min'")
        # Four of five milliseconds of a login are these iterations, which protect passwords that people choose.
        admin.execute("alter system set scram_iterations = 1")
        admin.execute("select pg_reload_conf()")
        admin.execute("set scram_iterations = 1")
        admin.execute(
            sql.SQL("alter role {} password {}").format(
                sql.Identifier(address.user), sql.Literal(address.password)
            )
        )
    return address


def remove_server(postgres: EmbeddedPostgres) -> None:
    """Stop a server and remove its cluster."""
    postgres.remove()
    shutil.rmtree(postgres.home, ignore_errors=True)


def shared_server() -> ServerAddress:
    """Return the server that all workers of this run share; the first one to ask starts it."""
    with _locked("postgres"):
        return start_server(EmbeddedPostgres(session_folder() / "postgres"))


@contextmanager
def opened(server: ServerAddress, snapshot: Snapshot | None = None) -> Iterator[Warehouse]:
    """Open a warehouse, empty or a copy of a snapshot.

    It is dropped at the end, unless `take_snapshot` has made a template of it.
    """
    # A short path: dbt's logs and Great Expectations' documents lie below it.
    home = Path(tempfile.mkdtemp(prefix="home-", dir=session_folder()))
    with psycopg.connect(server.dsn(), autocommit=True) as admin, _locked(f"copy-{server.port}"):
        database = _free_name(admin)
        _copy(admin, snapshot.database if snapshot else _empty_template(admin, server), database)
    if snapshot is not None and (Path(snapshot.home) / "dbt_target").exists():
        shutil.copytree(Path(snapshot.home) / "dbt_target", home / "dbt_target")
    parsed = session_folder() / Path(PARSED).name
    if parsed.exists():
        (home / PARSED).parent.mkdir(exist_ok=True)
        shutil.copy(parsed, home / PARSED)
    urls = {role: bootstrap.role_url(server.dsn(), database, role, PASSWORDS[role]) for role in ROLES}
    try:
        # A landing store is only added to, so that a snapshot and its copies share one.
        landing_url = snapshot.landing_url if snapshot else f"file://{home / 'landing'}"
        yield Warehouse(urls, home, landing_url, database, server)
    finally:
        if (home / PARSED).exists() and not parsed.exists():
            _keep_parse(home, parsed)
        _drop(server, database, home)


def share_parse(warehouse: AnyWarehouse) -> None:
    """Let dbt begin in a warehouse with the project as it is parsed; the first worker that needs it parses it."""
    parsed = session_folder() / Path(PARSED).name
    with _locked("parsed"):
        if not parsed.exists():
            done = dbt_run.invoke(warehouse, ["parse"])
            assert done.success, done.exception
            _keep_parse(warehouse.home, parsed)
    warehouse.dbt_target.mkdir(parents=True, exist_ok=True)
    shutil.copy(parsed, warehouse.home / PARSED)


def parsed_manifest() -> dict[str, Any]:
    """Return dbt's manifest; the first worker that needs it parses the project, others read what it wrote."""
    path = session_folder() / "manifest.json"
    with _locked("manifest"):
        if not path.exists():
            path.write_text(json.dumps(data_dictionary.parsed_manifest()), encoding="utf-8")
    manifest: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return manifest


def take_snapshot(warehouse: Warehouse, name: str, tables: dict[str, str]) -> Snapshot:
    """Make a template of a warehouse, which nothing may write any more."""
    with psycopg.connect(warehouse.server.dsn(), autocommit=True) as admin:
        _disconnect(admin, warehouse.database)
        old, new = map(sql.Identifier, (warehouse.database, f"template_{name}"))
        admin.execute(sql.SQL("alter database {} rename to {}").format(old, new))
    return Snapshot(f"template_{name}", str(warehouse.home), warehouse.landing_url, tables)


def made_once(name: str, make: Callable[[], Snapshot]) -> Snapshot:
    """Return the snapshot of a name; the first worker that needs it makes it, others wait meanwhile."""
    record = session_folder() / f"{name}.json"
    with _locked(name):
        if not record.exists():
            record.write_text(json.dumps(asdict(make())), encoding="utf-8")
        return Snapshot(**json.loads(record.read_text(encoding="utf-8")))


@contextmanager
def _locked(name: str) -> Iterator[None]:
    with (session_folder() / f"{name}.lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _keep_parse(home: Path, parsed: Path) -> None:
    # Under its name at once: another worker may be copying.
    shutil.copy(home / PARSED, half := parsed.with_suffix(f".{os.getpid()}"))
    half.rename(parsed)


def _free_name(admin: psycopg.Connection[TupleRow]) -> str:
    worker = os.environ.get("PYTEST_XDIST_WORKER", "main")
    return next(name for n in count(1) if not _exists(admin, name := f"warehouse_{worker}_{n}"))


def _empty_template(admin: psycopg.Connection[TupleRow], server: ServerAddress) -> str:
    template = f"template_{migrate.fingerprint()}"
    if not _exists(admin, template):
        bootstrap.prepare(server.dsn(), template, PASSWORDS)
    return template


def _exists(admin: psycopg.Connection[TupleRow], database: str) -> bool:
    return admin.execute("select 1 from pg_database where datname = %s", [database]).fetchone() is not None


def _copy(admin: psycopg.Connection[TupleRow], template: str, database: str) -> None:
    _disconnect(admin, template)
    admin.execute(
        sql.SQL("create database {} owner {} template {} strategy file_copy").format(
            *map(sql.Identifier, (database, bootstrap.role_name("owner"), template))
        )
    )
    # A copy has the template's content, not what is set for it as a database. To prepare it took three times as long.
    bootstrap.set_up_database(admin, database)
    bootstrap.set_reader_settings(admin, database)


def _drop(server: ServerAddress, database: str, home: Path) -> None:
    """Drop a warehouse with its folder; one that has become a template stays."""
    with psycopg.connect(server.dsn(), autocommit=True) as admin:
        if _exists(admin, database):
            admin.execute(sql.SQL("drop database {} with (force)").format(sql.Identifier(database)))
            shutil.rmtree(home, ignore_errors=True)


def _disconnect(admin: psycopg.Connection[TupleRow], database: str) -> None:
    """End what dbt and Great Expectations may have left connected, and autovacuum."""
    admin.execute(
        "select pg_terminate_backend(pid, 5000) from pg_stat_activity where datname = %s", [database]
    )
