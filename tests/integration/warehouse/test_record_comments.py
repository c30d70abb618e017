"""The records of publications and of runs are described column by column, and the data dictionary has the readers'."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from green_freight.publishing.plan import RECORDS
from green_freight.reporting import data_dictionary

if TYPE_CHECKING:
    from tests.conftest import Warehouse

_COLUMNS = """
select c.relname, a.attname, col_description(c.oid, a.attnum)
from pg_class as c
inner join pg_attribute as a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
where c.relnamespace = %s::regnamespace and c.relkind in ('r', 'v')
"""


@pytest.mark.parametrize("schema", ["ops", "mart", "mart_asof"])
def test_every_column_has_a_comment_in_both_languages(warehouse: Warehouse, schema: str) -> None:
    with warehouse.connect("owner") as owner:
        rows = owner.execute(_COLUMNS, [schema]).fetchall()
    assert rows
    assert [f"{table}.{column}" for table, column, text in rows if " / " not in (text or "")] == []


def test_the_data_dictionary_has_every_record_that_readers_see(
    warehouse: Warehouse, manifest: dict[str, Any]
) -> None:
    with warehouse.connect("owner") as owner:
        rows = owner.execute(_COLUMNS, ["mart"]).fetchall()
    assert {table for table, _, _ in rows} == set(RECORDS)
    page = data_dictionary.markdown(manifest)
    for table, column, text in rows:
        section = page.partition(f"### {table}\n")[2].partition("\n### ")[0]
        assert f"| {column} | {text} |" in section
