"""One history loaded and published once for all; every scenario works on a copy of it and pays for its nights only."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager

import pytest

from demo_city.city import City
from demo_city.servers import DemoAgencies
from local_stack.postgres import ServerAddress
from tests import warehouses
from tests.warehouses import Snapshot

from .pipeline_warehouse import LAST_LOADED, PipelineWarehouse, morning_after

__all__ = ["OpenWarehouse", "Snapshot"]

OpenWarehouse = Callable[..., AbstractContextManager[PipelineWarehouse]]


@pytest.fixture(scope="session")
def demo(city: City, tmp_path_factory: pytest.TempPathFactory) -> Iterator[DemoAgencies]:
    with DemoAgencies(city, tmp_path_factory.mktemp("agencies"), morning_after(LAST_LOADED)) as agencies:
        yield agencies


@pytest.fixture(scope="session")
def server() -> ServerAddress:
    """Give the server that the workers share: it has the snapshots."""
    return warehouses.shared_server()


@pytest.fixture(scope="session")
def open_warehouse(server: ServerAddress) -> OpenWarehouse:
    """Give a function that opens a warehouse over agencies: a copy of a snapshot, or an empty one."""

    @contextmanager
    def opens(demo: DemoAgencies, copied: Snapshot | None = None) -> Iterator[PipelineWarehouse]:
        with warehouses.opened(server, copied) as database:
            yield PipelineWarehouse(demo, database)

    return opens


@pytest.fixture(scope="session")
def base(demo: DemoAgencies, open_warehouse: OpenWarehouse) -> Snapshot:
    """Give the history, published: registers and forms of all months, events of the last two."""

    def load() -> Snapshot:
        with open_warehouse(demo) as warehouse:
            warehouse.load_history(LAST_LOADED)
            return warehouses.take_snapshot(warehouse.database, "base", warehouse.tables())

    return warehouses.made_once("base", load)


@pytest.fixture(scope="session")
def reference(base: Snapshot, demo: DemoAgencies, open_warehouse: OpenWarehouse) -> Snapshot:
    """Give what an undisturbed night leaves; it makes up for the night before, which never ran."""

    def refresh() -> Snapshot:
        with open_warehouse(demo, base) as warehouse:
            night = warehouse.night()
            assert (night.errors, night.publication_no) == ({}, 2)
            return warehouses.take_snapshot(warehouse.database, "reference", warehouse.tables())

    return warehouses.made_once("reference", refresh)


@pytest.fixture
def warehouse(
    demo: DemoAgencies, base: Snapshot, open_warehouse: OpenWarehouse
) -> Iterator[PipelineWarehouse]:
    """Give a warehouse in which only the history is loaded; faults are repaired afterwards."""
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
