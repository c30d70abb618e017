"""A small warehouse with two publications, both published again, and a checkout of the code that built them."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pytest
from green_freight import settings
from green_freight.backfill import steps
from green_freight.building import build
from green_freight.code_version import PARTS
from green_freight.landing import LandingStore
from green_freight.publishing import publish
from green_freight.warehouse import runs

from tests.conftest import Warehouse
from tests.integration.loading.deliveries import Deliveries, operation, pages

LAST = date(2025, 9, 30)
SERVICE = ("transport", "vehicle_operations")
DAYS = ("2025-08-30", "2025-09-29", "2025-09-30")
# Loaded when everything was published.
LATER = "2025-10-01"


@dataclass(frozen=True)
class Published:
    """The warehouse after its publications 1 and 2, which 3 and 4 publish again."""

    warehouse: Warehouse
    deliveries: Deliveries

    def file_of(self, day: str) -> Path:
        """Return the landed file of a day."""
        with self.warehouse.connect("loader") as loader:
            [url] = loader.execute(
                "select landing_url from ops.source_file where period_label = %s and version = 1", [day]
            ).fetchone() or [""]
        return Path(LandingStore(self.warehouse.landing_url).location(url).removeprefix("file://"))

    def set_code_version(self, version: str) -> None:
        """Say that the builds were made by another version."""
        with self.warehouse.admin() as admin:
            admin.execute("update ops.build set code_version = %s", [version])


@pytest.fixture(scope="module")
def published(module_warehouse: Warehouse) -> Published:
    """Two days are published whole; then a third one and a corrected second one, by months; then both states again."""
    deliveries = Deliveries(module_warehouse)
    for day in DAYS[:2]:
        _load(deliveries, day, 3)
    _publish(module_warehouse, "nightly/1", LAST.replace(day=29))
    _load(deliveries, DAYS[2], 2)
    _load(deliveries, DAYS[1], 4, version=2)
    deliveries.load(*SERVICE, DAYS[0])
    _publish(module_warehouse, "nightly/2", LAST)
    for number in (1, 2):
        again = steps.revert(module_warehouse, f"revert/{number}", number, "test", "tester")
        assert (again.outcome_code, again.publication_no) == ("published", 2 + number)
    _load(deliveries, LATER, 2)
    return Published(module_warehouse, deliveries)


@pytest.fixture(scope="session")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Give a repository with the running code as its first commit."""
    folder = tmp_path_factory.mktemp("checkout")
    for part in (*PARTS, "green-freight"):
        source = settings.PROJECT / part
        if source.is_dir():
            shutil.copytree(source, folder / part, ignore=shutil.ignore_patterns("__pycache__", ".user.yml"))
        else:
            shutil.copy(source, folder / part)
    git(folder, "init", "--quiet")
    commit(folder, "the code of the publications")
    yield folder


def commit(folder: Path, message: str) -> str:
    """Commit everything in a checkout and return the commit."""
    git(folder, "add", "--all")
    git(folder, "-c", "user.name=test", "-c", "user.email=test@localhost", "commit", "--quiet", "-m", message)
    return git(folder, "rev-parse", "HEAD")


def git(folder: Path, *arguments: str) -> str:
    """Run git in a checkout and return what it prints."""
    return subprocess.run(
        ["git", "-C", str(folder), *arguments], check=True, capture_output=True, text=True
    ).stdout.strip()


def _load(deliveries: Deliveries, day: str, count: int, version: int = 1) -> None:
    items = [operation(number, operation_date=day) for number in range(count)]
    deliveries.land(*SERVICE, day, f"vehicle_operations_{day}_v{version}.jsonl", pages(items), version)
    [outcome] = deliveries.load(*SERVICE, day)
    assert outcome.outcome_code == "loaded"


def _publish(warehouse: Warehouse, run_id: str, day: date) -> None:
    """Build and publish; the audit, which an almost empty city would not pass, is recorded as passed."""
    runs.begin(warehouse, run_id, "nightly", day)
    built = build(warehouse, run_id, day)
    with warehouse.connect("builder") as builder:
        builder.execute("update ops.build set outcome_code = 'audited' where build_id = %s", [built.build_id])
        builder.execute(
            "insert into ops.verdict (build_id, run_id, table_name, expectation_code, expectation_type, severity_code, "
            "is_success, message_zh, message_en) values (%s, %s, 't', 'e', 'e', 'critical', true, '', '')",
            [built.build_id, run_id],
        )
    assert publish(warehouse, run_id, built.build_id).outcome_code == "published"
