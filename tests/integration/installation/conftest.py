"""A warehouse whose every published table stands, for the tests of those who read it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest
from green_freight.publishing import publish, specs
from green_freight.warehouse import runs

from local_stack.postgres import ServerAddress
from tests import warehouses
from tests.warehouses import Warehouse

RUN = "backfill/1"


@pytest.fixture(scope="session")
def published(server: ServerAddress, manifest: dict[str, Any]) -> Iterator[Warehouse]:
    """Give a warehouse whose every published table stands, empty but for one region, as publication 1."""
    with warehouses.opened(server) as warehouse:
        fill(warehouse, manifest)
        yield warehouse


def fill(warehouse: Warehouse, manifest: dict[str, Any]) -> None:
    """Publish every table of the manifest as publication 1."""
    models = {node["name"]: node for node in manifest["nodes"].values() if node["resource_type"] == "model"}
    tables = specs.from_manifest(manifest)
    runs.begin(warehouse, RUN, "backfill", date(2025, 9, 30), "first load")
    with warehouse.connect("builder") as builder:
        for table in tables:
            builder.execute(_definition(table.name, models[table.name]["columns"]).encode())
        builder.execute(
            "insert into candidate.dim_region (city_code, region_code) values ('320700', '320700')"
        )
        row = builder.execute(
            "insert into ops.build (run_id, as_of_date, through_load_id, code_version, outcome_code)"
            " values (%s, '2025-09-30', 0, 'test', 'audited') returning build_id",
            [RUN],
        ).fetchone()
        assert row
        builder.execute(
            "insert into ops.verdict (build_id, run_id, table_name, expectation_code, expectation_type,"
            " severity_code, is_success, message_zh, message_en)"
            " values (%s, %s, 'dim_region', 'e', 'e', 'critical', true, '', '')",
            [row[0], RUN],
        )
    assert publish(warehouse, RUN, row[0], tables).publication_no == 1


def _definition(name: str, columns: dict[str, Any]) -> str:
    listed = ", ".join(f"{column['name']} {column['data_type']}" for column in columns.values())
    return f"create table candidate.{name} ({listed})"
