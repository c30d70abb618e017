"""The SQL of the reader's page runs as the reader, over the tables that the models publish, and that on rows which name
vehicles as a reader of the detail level alone.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import psycopg
import pytest
from green_freight.settings import PROJECT

from bi import bundle

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


@pytest.mark.parametrize(
    ("words", "columns"),
    [
        ("from fct_indicator_evidence as evidence", "indicator_code__period_month"),
        ("order by started_at desc", "pile_key_started_at"),
        ("where business_date =", "business_date"),
        ("from fct_vehicle_operation", "vehicle_key_operation_date"),
    ],
)
def test_the_examples_on_large_tables_use_an_index_now_and_in_the_past(
    published: Warehouse, months: None, words: str, columns: str
) -> None:
    [query] = [statement for statement in statements(PAGE) if words in statement]
    with published.admin() as admin:
        admin.execute("set role green_freight_reader_detail; set search_path = mart")
        admin.execute("set enable_seqscan = off; set enable_bitmapscan = off; set enable_sort = off")
        now = plan_of(admin, query)
        assert f"{columns}_" in now, now
        past = plan_of(admin, re.sub(r"from (fct_\w+)", r"from mart_asof.\1", query))
        assert past.count("Index Scan") > now.count("Index Scan"), past
        if "desc\nlimit" in query:
            assert "Merge Append" in past, past
            assert "Sort " not in past.replace("Sort Key", ""), past


def test_every_dataset_of_the_dashboards_runs_as_the_reader(published: Warehouse) -> None:
    with published.connect("reader") as reader:
        for name in bundle.dataset_names():
            reader.execute(bundle.dataset_sql(name).encode())


def test_counting_evidence_rows_reads_no_names(published: Warehouse) -> None:
    query = f"select count(*) from ({bundle.dataset_sql('evidence').rstrip()}\n) as dataset"
    with published.connect("reader") as reader:
        plan = plan_of(reader, query)
    tables = set(re.findall(r" on (\w+)", plan))
    assert tables <= {"scorecard", "fct_indicator_evidence"}, plan


@pytest.fixture(scope="module")
def months(published: Warehouse) -> Iterator[None]:
    """Give the large facts two months, empty as everything else, and take them away again."""
    made = [
        (f"mart_partition.{table}_{first[5:7]}", table, first, following)
        for table in ("fct_charging_session", "fct_vehicle_operation")
        for first, following in (("2025-08-01", "2025-09-01"), ("2025-09-01", "2025-10-01"))
    ]
    with published.admin() as admin:
        for name, table, first, following in made:
            admin.execute(
                f"create table {name} partition of mart.{table} for values from ('{first}') to ('{following}')"
            )
        yield
        for name, *_ in made:
            admin.execute(f"drop table {name}")


def plan_of(session: psycopg.Connection[Any], query: str) -> str:
    return "\n".join(line for (line,) in session.execute(f"explain (costs off) {query}".encode()))
