"""One history loaded and published a session; every scenario works on a copy of it and pays for its nights only."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest
from green_freight.warehouse import bootstrap
from psycopg import sql

from demo_city.city import City
from demo_city.servers import DemoAgencies
from local_stack.postgres import ServerAddress
from tests.conftest import PASSWORDS, Warehouse

from .pipeline_warehouse import LAST_LOADED, PipelineWarehouse, morning_after


@dataclass(frozen=True)
class Snapshot:
    """A database that nobody writes any more, the folder of its state, and a hash of each published table."""

    database: str
    home: Path
    tables: dict[str, str]


OpenWarehouse = Callable[..., AbstractContextManager[PipelineWarehouse]]


@pytest.fixture(scope="session")
def demo(city: City, tmp_path_factory: pytest.TempPathFactory) -> Iterator[DemoAgencies]:
    with DemoAgencies(city, tmp_path_factory.mktemp("agencies"), morning_after(LAST_LOADED)) as agencies:
        yield agencies


@pytest.fixture(scope="session")
def open_warehouse(server: ServerAddress) -> Iterator[OpenWarehouse]:
    """Give a function that opens a warehouse over agencies: on a copy of a snapshot, or on an empty warehouse."""
    made: list[tuple[str, Path]] = []

    @contextmanager
    def opens(demo: DemoAgencies, copied: Snapshot | None = None) -> Iterator[PipelineWarehouse]:
        # A short name: dbt's logs and Great Expectations' documents lie below it.
        home = Path(tempfile.mkdtemp(prefix="green-freight-home-"))
        database = f"refresh_{uuid4().hex[:12]}"
        made.append((database, home))
        if copied is not None:
            _copy(server, copied, database)
            shutil.copytree(copied.home / "dbt_target", home / "dbt_target")
        urls = bootstrap.prepare(server.dsn(), database, PASSWORDS)
        variables = {f"GREEN_FREIGHT_{role.upper()}_URL": url for role, url in urls.items()}
        with pytest.MonkeyPatch.context() as patch:
            for name, value in (variables | {"GREEN_FREIGHT_HOME": str(home)}).items():
                patch.setenv(name, value)
            opened = Warehouse(urls, home, f"file://{home / 'landing'}", database, server)
            yield PipelineWarehouse(demo, opened)

    yield opens
    with psycopg.connect(server.dsn(), autocommit=True) as admin:
        for database, home in made:
            admin.execute(sql.SQL("drop database if exists {} with (force)").format(sql.Identifier(database)))
            shutil.rmtree(home, ignore_errors=True)


def _copy(server: ServerAddress, copied: Snapshot, database: str) -> None:
    """Copy a database; dbt and Great Expectations may have left connections to it open."""
    with psycopg.connect(server.dsn(), autocommit=True) as admin:
        admin.execute(
            "select pg_terminate_backend(pid, 5000) from pg_stat_activity where datname = %s",
            [copied.database],
        )
        admin.execute(
            sql.SQL("create database {} owner {} template {}").format(
                sql.Identifier(database),
                sql.Identifier(bootstrap.role_name("owner")),
                sql.Identifier(copied.database),
            )
        )


@pytest.fixture(scope="session")
def base(demo: DemoAgencies, open_warehouse: OpenWarehouse) -> Snapshot:
    """Give the history, published: registers and forms of all months, events of the last two."""
    with open_warehouse(demo) as warehouse:
        warehouse.load_history(LAST_LOADED)
        return Snapshot(warehouse.database.database, warehouse.database.home, warehouse.tables())


@pytest.fixture(scope="session")
def reference(base: Snapshot, demo: DemoAgencies, open_warehouse: OpenWarehouse) -> Snapshot:
    """Give what an undisturbed night leaves; it makes up for the night before, which never ran."""
    with open_warehouse(demo, base) as warehouse:
        night = warehouse.night()
        assert (night.errors, night.publication_no) == ({}, 2)
        return Snapshot(warehouse.database.database, warehouse.database.home, warehouse.tables())


@pytest.fixture
def warehouse(
    demo: DemoAgencies, base: Snapshot, open_warehouse: OpenWarehouse
) -> Iterator[PipelineWarehouse]:
    """Give a warehouse in which only the history is loaded; faults are mended afterwards."""
    with open_warehouse(demo, base) as opened:
        yield opened
    for connection in demo.connections:
        demo.set_fault(connection, None)


@pytest.fixture
def refreshed(
    demo: DemoAgencies, reference: Snapshot, open_warehouse: OpenWarehouse
) -> Iterator[PipelineWarehouse]:
    """Give a warehouse after the undisturbed night."""
    with open_warehouse(demo, reference) as opened:
        yield opened
