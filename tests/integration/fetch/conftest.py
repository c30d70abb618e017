"""The real demonstration servers and a real warehouse; waits are short, but no result hangs on time."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, replace
from datetime import date, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from green_freight.agencies.connector import Connection
from green_freight.agencies.fetch import fetch_agency
from green_freight.agencies.fetch_records import AgencyFetchReport
from green_freight.landing import LandingStore
from green_freight.periods import SHANGHAI, Period

from demo_city.city import City
from demo_city.servers import DemoAgencies

DAY = date(2025, 9, 30)
NIGHT = datetime(2025, 10, 1, 2, tzinfo=SHANGHAI)
QUICK = {"attempts": "3", "first_wait_seconds": "0.01", "longest_wait_seconds": "0.02"}


class Fetching:
    """Fetches from the demonstration agencies into one warehouse, and reads back what was recorded."""

    def __init__(self, agencies: DemoAgencies, warehouse: Any, landing_url: str) -> None:
        self.agencies = agencies
        self.warehouse = replace(warehouse, landing_url=landing_url)
        self.extra: dict[str, str] = dict(QUICK)
        self.run_id = f"test {uuid4().hex[:8]}"
        self._broken: set[str] = set()

    @property
    def store(self) -> LandingStore:
        """Return the landing store."""
        return LandingStore(self.warehouse.landing_url)

    @property
    def connections(self) -> dict[str, Connection]:
        """Return the agencies' connections with the test's policy."""
        return connections_of(self.agencies, self.extra)

    def set_fault(self, connection: str, fault: str | None) -> None:
        """Let one of the demonstration's connections fail, until the test ends."""
        self._broken.add(connection)
        self.agencies.set_fault(connection, fault)

    def repair(self) -> None:
        """Let everything work again that this test broke."""
        for connection in self._broken:
            self.agencies.set_fault(connection, None)

    def fetch(self, agency: str, *work: tuple[str, str], day: date = DAY) -> AgencyFetchReport:
        """Fetch deliveries given as (name, period label)."""
        asked = [(name, Period(label)) for name, label in work]
        return fetch_agency(self.warehouse, agency, asked, self.connections, self.run_id, day)

    def rows(self, query: str, *values: Any) -> list[Any]:
        """Return the rows of a query, as the loader."""
        with self.warehouse.connect("loader") as connection:
            return list(connection.execute(query, list(values)).fetchall())

    def outcomes(self, columns: str = "outcome_code, error_code, attempts") -> list[Any]:
        """Return what ops.fetch tells of this run, in the order written."""
        query = f"select {columns} from ops.fetch where run_id = %s order by fetch_id"
        return self.rows(query, self.run_id)


def connections_of(agencies: DemoAgencies, extra: Mapping[str, str]) -> dict[str, Connection]:
    """Return the package's form of the demonstration's connections."""
    found = {}
    for name, demo in agencies.connections.items():
        facts = asdict(demo)
        found[name] = Connection(**{**facts, "extra": {**facts["extra"], **extra}})
    return found


@pytest.fixture(scope="session")
def demo(city: City, tmp_path_factory: pytest.TempPathFactory) -> Iterator[DemoAgencies]:
    with DemoAgencies(city, tmp_path_factory.mktemp("agencies"), NIGHT) as agencies:
        yield agencies


@pytest.fixture
def fetching(demo: DemoAgencies, module_warehouse: Any, tmp_path: Path) -> Iterator[Fetching]:
    with module_warehouse.admin() as admin:
        admin.execute("truncate ops.fetch, ops.source_file, ops.load, ops.rejected_row")
    fetching = Fetching(demo, module_warehouse, (tmp_path / "landing").as_uri())
    yield fetching
    fetching.repair()
    demo.set_clock(NIGHT)
