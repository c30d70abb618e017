"""One history loaded and published once for all; every test that needs one works on a copy of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager

import pytest

from demo_city.city import City
from demo_city.servers import DemoAgencies
from tests import warehouses
from tests.integration.refresh.pipeline_warehouse import LAST_LOADED, PipelineWarehouse, morning_after
from tests.warehouses import Snapshot

OpenWarehouse = Callable[..., AbstractContextManager[PipelineWarehouse]]


@pytest.fixture(scope="session")
def demo(city: City, tmp_path_factory: pytest.TempPathFactory) -> Iterator[DemoAgencies]:
    with DemoAgencies(city, tmp_path_factory.mktemp("agencies"), morning_after(LAST_LOADED)) as agencies:
        yield agencies


@pytest.fixture(scope="session")
def open_warehouse() -> OpenWarehouse:
    """Give a function that opens a warehouse over agencies: a copy of a snapshot, or an empty one.

    It lies on the server that the workers share, which has the snapshots.
    """

    @contextmanager
    def opens(demo: DemoAgencies, copied: Snapshot | None = None) -> Iterator[PipelineWarehouse]:
        with warehouses.opened(warehouses.shared_server(), copied) as database:
            yield PipelineWarehouse(demo, database)

    return opens


@pytest.fixture(scope="session")
def base(request: pytest.FixtureRequest, open_warehouse: OpenWarehouse) -> Snapshot:
    """Give the history, published: registers and forms of all months, events of the last two."""

    def load() -> Snapshot:
        # Where the snapshot is there already, the agencies need not start.
        with open_warehouse(request.getfixturevalue("demo")) as warehouse:
            warehouses.share_parse(warehouse.database)
            warehouse.load_history(LAST_LOADED)
            return warehouses.take_snapshot(warehouse.database, "base", warehouse.tables())

    return warehouses.made_once("base", load)


@pytest.fixture(scope="session")
def reference(request: pytest.FixtureRequest, base: Snapshot, open_warehouse: OpenWarehouse) -> Snapshot:
    """Give what an undisturbed night leaves; it makes up for the night before, which never ran."""

    def refresh() -> Snapshot:
        with open_warehouse(request.getfixturevalue("demo"), base) as warehouse:
            night = warehouse.night()
            assert (night.errors, night.publication_no) == ({}, 2)
            return warehouses.take_snapshot(warehouse.database, "reference", warehouse.tables())

    return warehouses.made_once("reference", refresh)
