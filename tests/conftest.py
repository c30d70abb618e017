"""What the tests share: a real server a session, a fresh warehouse a test, one small demonstration city.

Each pytest-xdist worker has a server of its own, so no two workers share a role or a port.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import uuid4

import psycopg
import pytest
from green_freight.contracts.model import Contract
from green_freight.settings import ROLES
from green_freight.warehouse import Warehouse as AnyWarehouse
from green_freight.warehouse import bootstrap, migrate
from psycopg import sql
from psycopg.rows import TupleRow

from local_stack.postgres import EmbeddedPostgres, ServerAddress

if TYPE_CHECKING:
    from demo_city.city import City

# The longest stories begin first, so that no worker is left alone with one at the end.
FIRST = ("integration/refresh", "integration/local_stack", "integration/building")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the tests of the folders of FIRST in front."""
    items.sort(key=lambda item: not any(f"tests/{folder}/" in item.path.as_posix() for folder in FIRST))


PASSWORDS = {role: f"{role} pass/word" for role in ROLES}


@dataclass(frozen=True)
class Warehouse(AnyWarehouse):
    """A bootstrapped warehouse with its database's name and its server."""

    database: str
    server: ServerAddress

    def admin(self) -> psycopg.Connection[TupleRow]:
        """Open a connection to this database as the server's administrator, committing each statement."""
        return psycopg.connect(self.server.dsn(self.database), autocommit=True)


@pytest.fixture(scope="session")
def server() -> Iterator[ServerAddress]:
    """Give the session's embedded PostgreSQL, stopped and removed at the end."""
    # Not pytest's own folder: that one is closed to the server's account when root runs the tests.
    home = Path(tempfile.mkdtemp(prefix="green-freight-tests-"))
    home.chmod(0o755)
    postgres = EmbeddedPostgres(home)
    try:
        address = postgres.start()
        with psycopg.connect(address.dsn(), autocommit=True) as admin:
            # A server that lives for one session need not survive a power cut.
            admin.execute("alter system set fsync = off")
            admin.execute("alter system set full_page_writes = off")
            admin.execute("select pg_reload_conf()")
        yield address
    finally:
        postgres.stop()
        shutil.rmtree(postgres.run_home, ignore_errors=True)
        shutil.rmtree(home, ignore_errors=True)


@contextmanager
def _new_warehouse(server: ServerAddress) -> Iterator[Warehouse]:
    database = f"warehouse_{uuid4().hex[:12]}"
    template = f"template_{migrate.fingerprint()}"
    home = Path(tempfile.mkdtemp(prefix="green-freight-home-"))
    with psycopg.connect(server.dsn(), autocommit=True) as admin:
        if not admin.execute("select 1 from pg_database where datname = %s", [template]).fetchone():
            bootstrap.prepare(server.dsn(), template, PASSWORDS)
        admin.execute(
            sql.SQL("create database {} owner {} template {}").format(
                sql.Identifier(database),
                sql.Identifier(bootstrap.role_name("owner")),
                sql.Identifier(template),
            )
        )
    urls = bootstrap.prepare(server.dsn(), database, PASSWORDS)
    variables = {f"GREEN_FREIGHT_{role.upper()}_URL": url for role, url in urls.items()}
    with pytest.MonkeyPatch.context() as patch:
        for name, value in (variables | {"GREEN_FREIGHT_HOME": str(home)}).items():
            patch.setenv(name, value)
        yield Warehouse(urls, home, f"file://{home / 'landing'}", database, server)
    with psycopg.connect(server.dsn(), autocommit=True) as admin:
        admin.execute(sql.SQL("drop database {} with (force)").format(sql.Identifier(database)))
    shutil.rmtree(home, ignore_errors=True)


@pytest.fixture
def warehouse(server: ServerAddress) -> Iterator[Warehouse]:
    """Give a test a fresh warehouse; GREEN_FREIGHT_<ROLE>_URL and GREEN_FREIGHT_HOME point to it."""
    with _new_warehouse(server) as made:
        yield made


@pytest.fixture(scope="module")
def module_warehouse(server: ServerAddress) -> Iterator[Warehouse]:
    """Give a module's tests one warehouse to share, where filling it is slow."""
    with _new_warehouse(server) as made:
        yield made


@pytest.fixture(scope="session")
def city() -> City:
    """Give the demonstration city at a fiftieth of its event volume."""
    from demo_city.city import City

    return City(volume=0.02)


@pytest.fixture
def every_share_tolerated(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the contracts tolerate any number of rejected rows, so that a test can look at the rows alone."""
    monkeypatch.setattr(Contract, "tolerates", lambda *_: True)
