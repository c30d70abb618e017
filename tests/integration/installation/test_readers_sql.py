"""The SQL of the reader's page runs as the reader, over the tables that the models publish."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import psycopg
import pytest
from green_freight.settings import PROJECT

if TYPE_CHECKING:
    from tests.conftest import Warehouse

PAGE = (PROJECT / "docs" / "reading_the_scorecard.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"```sql\n(.*?)```", PAGE, re.DOTALL)


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
