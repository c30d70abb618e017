"""Warehouses over the history that is loaded once for all tests; every scenario pays for its nights only."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from demo_city.servers import DemoAgencies
from tests.integration.conftest import OpenWarehouse
from tests.warehouses import Snapshot

from .pipeline_warehouse import PipelineWarehouse

__all__ = ["OpenWarehouse", "Snapshot"]


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
