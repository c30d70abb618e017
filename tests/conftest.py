"""What the tests share: a real server, a fresh warehouse a test, one small demonstration city.

Each pytest-xdist worker has a server of its own, so no two workers share a role or a port; the refresh tests alone
share one server and its template databases (tests/warehouses.py describes them).
"""

from __future__ import annotations

import gc
import subprocess
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory, mkdtemp
from typing import TYPE_CHECKING, Any

import pytest
from green_freight import redaction
from green_freight.contracts.model import Contract

from local_stack.postgres import EmbeddedPostgres, ServerAddress
from tests import warehouses
from tests.warehouses import PASSWORDS, Warehouse

if TYPE_CHECKING:
    from demo_city.city import City

__all__ = ["PASSWORDS", "Warehouse"]

# Objects made before the youngest generation is collected, and how many collections make one of the next generation.
RARE_COLLECTIONS = (50_000, 50, 50)

# Long files begin first, so that no worker is left alone with one at the end. While one worker makes the snapshots
# (test_truth.py), the two others have files that need none.
FIRST = (
    "integration/refresh/test_truth.py",
    "integration/refresh/test_random_scenarios.py",
    "integration/hostile/",
    "integration/refresh/",
    "integration/building/",
    "integration/local_stack/",
    "integration/replaying/",
    "integration/plan/",
    "integration/auditing/",
)


def pytest_configure(config: pytest.Config) -> None:
    """Make the folder that the workers share, and let the collector of garbage run less often."""
    # dbt and sqlfluff make millions of objects that stay: looking through them took a seventh of a build's time and a
    # quarter of the linter's.
    gc.set_threshold(*RARE_COLLECTIONS)
    if not hasattr(config, "workerinput"):
        warehouses.begin_session()


@pytest.fixture(autouse=True)
def secrets_of_one_test(monkeypatch: pytest.MonkeyPatch) -> None:
    """Forget after each test what it let the process remember: a test's password is often a word of the messages."""
    monkeypatch.setattr(redaction, "_remembered", set(redaction._remembered))
    monkeypatch.setattr(redaction, "_pattern", None)


def pytest_unconfigure(config: pytest.Config) -> None:
    """Stop the shared server and remove the folder."""
    if not hasattr(config, "workerinput"):
        warehouses.end_session()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the tests of the files and folders of FIRST in front, in that order."""

    def rank(item: pytest.Item) -> int:
        path = item.path.as_posix()
        return next((place for place, part in enumerate(FIRST) if f"tests/{part}" in path), len(FIRST))

    items.sort(key=rank)


@pytest.fixture(scope="session")
def server() -> Iterator[ServerAddress]:
    """Give the worker's embedded PostgreSQL, stopped and removed at the end."""
    folder = Path(mkdtemp(prefix="postgres-", dir=warehouses.session_folder()))
    folder.chmod(0o755)
    postgres = EmbeddedPostgres(folder)
    try:
        yield warehouses.start_server(postgres)
    finally:
        warehouses.remove_server(postgres)


@pytest.fixture
def warehouse(server: ServerAddress) -> Iterator[Warehouse]:
    """Give a test a fresh warehouse."""
    with warehouses.opened(server) as made:
        yield made


@pytest.fixture(scope="module")
def module_warehouse(server: ServerAddress) -> Iterator[Warehouse]:
    """Give a module's tests one warehouse to share, where filling it is slow."""
    with warehouses.opened(server) as made:
        yield made


@pytest.fixture(scope="session")
def city() -> City:
    """Give the demonstration city at a fiftieth of its event volume."""
    from demo_city.city import City

    return City(volume=0.02)


@pytest.fixture(scope="session")
def manifest() -> dict[str, Any]:
    """Give dbt's manifest of the project as it is, parsed once for all workers; no database is asked."""
    return warehouses.parsed_manifest()


@pytest.fixture
def every_share_tolerated(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the contracts tolerate any number of rejected rows, so that a test can check rows alone."""
    monkeypatch.setattr(Contract, "tolerates", lambda *_: True)


@pytest.fixture
def small_disk() -> Iterator[Path]:
    """Give a file system of a megabyte, that the database's account can enter; skip where none may be mounted."""
    with TemporaryDirectory(prefix="small-", dir=warehouses.session_folder()) as folder:
        Path(folder).chmod(0o755)
        mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", folder], check=False)
        if mounted.returncode:
            pytest.skip("this account may not mount a file system")
        try:
            yield Path(folder)
        finally:
            subprocess.run(["umount", "--lazy", folder], check=True)
