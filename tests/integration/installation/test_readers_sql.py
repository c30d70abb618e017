"""The SQL of the reader's page runs as the reader, over the tables that the models publish, and that on rows which name
vehicles as a reader of the detail level alone.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import psycopg
import pytest
from green_freight.settings import PROJECT

if TYPE_CHECKING:
    from tests.conftest import Warehouse

PAGE = (PROJECT / "docs" / "reading_the_scorecard.md").read_text(encoding="utf-8")
DETAIL = re.search(r"### .* Rows of the detail level\n.*?\n## ", PAGE, re.DOTALL)


def statements(text: str) -> list[str]:
    blocks = re.findall(r"```sql\n(.*?)```", text, re.DOTALL)
    return [statement for block in blocks for statement in filter(str.strip, block.split(";"))]


def test_every_example_runs_as_the_reader(published: Warehouse) -> None:
    assert DETAIL
    listed = statements(PAGE.replace(DETAIL.group(), ""))
    assert len(listed) >= 12
    with published.connect("reader") as reader:
        for statement in listed:
            reader.execute(statement.encode())
        with pytest.raises(psycopg.Error, match="没有第 41 号发布"):
            reader.execute("set green_freight.publication = '41'")
            reader.execute("select count(*) from mart_asof.dim_region")
    pinned = f"{published.url('reader')}?options=-c%20green_freight.publication%3D1"
    with psycopg.connect(pinned) as reader:
        assert reader.execute("select mart_asof.chosen_publication()").fetchone() == (1,)


def test_the_examples_of_the_detail_level_run_there_alone(published: Warehouse) -> None:
    assert DETAIL
    listed = statements(DETAIL.group())
    assert len(listed) >= 3
    with published.admin() as admin:
        admin.execute("set role green_freight_reader_detail; set search_path = mart")
        for statement in listed:
            admin.execute(statement.encode())
        admin.execute("set role green_freight_reader")
        for statement in listed:
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                admin.execute(statement.encode())
