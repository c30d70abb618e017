"""The command `bench` names benchmarks that exist, with their options, and writes what they found as tables."""

from __future__ import annotations

import pytest
from green_freight.settings import PROJECT
from typer.testing import CliRunner

from bench import benchmarks, reader_queries, results
from local_stack.cli import app


@pytest.mark.parametrize("benchmark", benchmarks.BENCHMARKS, ids=benchmarks.NAMES)
def test_a_benchmark_takes_its_size_and_the_file_of_its_rows(benchmark: benchmarks.Benchmark) -> None:
    source = (PROJECT / "bench" / f"{benchmark.name}.py").read_text(encoding="utf-8")
    assert "results.parser(" in source
    if benchmark.option:
        assert f'"{benchmark.option}"' in source
        assert benchmark.command(0.5)[3:5] == [benchmark.option, str(round(benchmark.size / 2))]


def test_every_module_that_measures_is_listed() -> None:
    modules = {path.stem for path in (PROJECT / "bench").glob("*.py") if "def main(" in path.read_text()}
    assert modules == set(benchmarks.NAMES)


@pytest.mark.parametrize("name", ["loadin", "results", ""])
def test_an_unknown_name_is_refused(name: str) -> None:
    answer = CliRunner().invoke(app, ["bench", "--only", name])
    assert answer.exit_code == 2
    assert "there is no such" in answer.output


def test_rows_with_the_same_figures_stand_in_one_table() -> None:
    rows: list[results.Row] = [
        {"what": "a | b", "rows": 12_345, "p95": 0.1234},
        {"what": "c", "rows": 1, "p95": 1234.5},
        {"what": "d"},
    ]
    assert results.table(rows).splitlines() == [
        "|  | rows | p95 |",
        "|---|--:|--:|",
        "| a \\| b | 12,345 | 0.123 |",
        "| c | 1 | 1,234 |",
        "",
        "|  |",
        "|---|",
        "| d |",
    ]


def test_the_queries_of_a_page_are_its_selects_without_the_settings_of_a_session() -> None:
    page = """
```sql
set green_freight.publication = '1';

select a from mart.x;
select set_config('green_freight.as_of', 'x', false);
```
text
```sql
with y as (select 1 as a)
select a from y
```
```sh
select nothing
```
"""
    assert reader_queries.page_queries(page) == [
        "select a from mart.x",
        "with y as (select 1 as a)\nselect a from y",
    ]


@pytest.mark.parametrize(
    ("query", "pinned"),
    [
        ("select 1 from mart.a join mart.b using (k)", "select 1 from mart_asof.a join mart_asof.b using (k)"),
        ("select (select y from b) from a", "select (select y from mart_asof.b) from mart_asof.a"),
        ("select 1 from mart.a cross join mart.n", "select 1 from mart_asof.a cross join mart.n"),
        ("select 1 from mart.current_publication", None),
        ("select 1 from mart_history.a union all select 1 from mart.a", None),
    ],
)  # fmt: skip
def test_a_query_is_pinned_by_reading_the_views_as_of(query: str, pinned: str | None) -> None:
    assert reader_queries.as_of(query, ["a", "b"]) == pinned
