"""The SQL of the reader's page runs as the reader, over the tables that the models publish."""

from __future__ import annotations

import re
from datetime import date
from typing import TYPE_CHECKING, Any

import psycopg
import pytest
from green_freight.publishing import publish, specs
from green_freight.settings import PROJECT
from green_freight.warehouse import runs

if TYPE_CHECKING:
    from tests.conftest import Warehouse

PAGE = (PROJECT / "docs" / "reading_the_scorecard.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"```sql\n(.*?)```", PAGE, re.DOTALL)
RUN = "backfill/1"


@pytest.fixture
def published(module_warehouse: Warehouse, manifest: dict[str, Any]) -> Warehouse:
    """Give a warehouse whose every published table stands, empty but for one region, as publication 1."""
    models = {node["name"]: node for node in manifest["nodes"].values() if node["resource_type"] == "model"}
    tables = specs.from_manifest(manifest)
    runs.begin(module_warehouse, RUN, "backfill", date(2025, 9, 30), "first load")
    with module_warehouse.connect("builder") as builder:
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
    assert publish(module_warehouse, RUN, row[0], tables).publication_no == 1
    return module_warehouse


def _definition(name: str, columns: dict[str, Any]) -> str:
    listed = ", ".join(f"{column['name']} {column['data_type']}" for column in columns.values())
    return f"create table candidate.{name} ({listed})"


def test_every_example_runs_as_the_reader(published: Warehouse) -> None:
    assert len(BLOCKS) >= 8
    with published.connect("reader") as reader:
        for block in BLOCKS:
            for statement in filter(str.strip, block.split(";")):
                reader.execute(statement.encode())
        with pytest.raises(psycopg.Error, match="没有第 41 号发布"):
            reader.execute("set green_freight.publication = '41'")
            reader.execute("select count(*) from mart_asof.dim_region")
    pinned = f"{published.url('reader')}?options=-c%20green_freight.publication%3D1"
    with psycopg.connect(pinned) as reader:
        assert reader.execute("select mart_asof.chosen_publication()").fetchone() == (1,)
