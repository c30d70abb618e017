"""One set of running agencies for the tests that only read, and a way to run others with defects or faults."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest

from demo_city.city import City
from demo_city.servers import DemoAgencies

NIGHT = datetime.fromisoformat("2025-10-01T02:00:00+08:00")


@pytest.fixture(scope="session")
def small_city() -> City:
    return City(volume=0.02, first_day=date(2025, 6, 1), last_day=date(2025, 12, 31))


@pytest.fixture(scope="module")
def agencies(small_city: City, tmp_path_factory: pytest.TempPathFactory) -> Iterator[DemoAgencies]:
    with DemoAgencies(small_city, tmp_path_factory.mktemp("agencies"), NIGHT) as running:
        yield running


@pytest.fixture
def run_agencies(small_city: City, tmp_path: Path) -> Iterator[Callable[..., DemoAgencies]]:
    with ExitStack() as stack:

        def run(**options: Any) -> DemoAgencies:
            clock = options.pop("clock", NIGHT)
            return stack.enter_context(DemoAgencies(small_city, tmp_path, clock, **options))

        yield run
