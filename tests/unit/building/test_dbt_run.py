"""Running dbt: a project that was parsed for one warehouse is used for every other, and no server is asked."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from green_freight.building import dbt_run
from green_freight.warehouse import Warehouse

PARSED = "dbt_target/partial_parse.msgpack"
LISTED = [
    "list",
    "--resource-type",
    "model",
    "--output",
    "json",
    "--output-keys",
    "name relation_name",
    "--quiet",
]


@pytest.fixture(autouse=True)
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give a project of one source and one model instead of the project itself."""
    folder = tmp_path / "project"
    (folder / "models").mkdir(parents=True)
    shutil.copy(dbt_run.PROJECT / "profiles.yml", folder)
    (folder / "dbt_project.yml").write_text("name: small\nprofile: green_freight\n", encoding="utf-8")
    sources = "sources: [{name: raw, tables: [{name: orders}]}]"
    (folder / "models" / "sources.yml").write_text(sources, encoding="utf-8")
    model = "select * from {{ source('raw', 'orders') }}"
    (folder / "models" / "kept.sql").write_text(model, encoding="utf-8")
    monkeypatch.setattr(dbt_run, "PROJECT", folder)
    return folder


def listed(warehouse: Warehouse) -> list[dict[str, str]]:
    done = dbt_run.invoke(warehouse, LISTED)
    assert done.success, done.exception
    return [json.loads(line) for line in done.result]


def test_what_was_parsed_for_one_warehouse_is_used_for_another(tmp_path: Path) -> None:
    first, second = (
        Warehouse({"builder": f"postgresql://builder:x@{host}/{name}"}, tmp_path / name, "file:///nowhere")
        for host, name in (("127.0.0.1:1", "one"), ("localhost:2", "two"))
    )
    assert listed(first) == [{"name": "kept", "relation_name": '"one"."intermediate"."kept"'}]
    (second.home / PARSED).parent.mkdir(parents=True)
    shutil.copy(first.home / PARSED, second.home / PARSED)
    assert listed(second) == [{"name": "kept", "relation_name": '"two"."intermediate"."kept"'}]
    logs = [(dbt_run.log_path(one) / "dbt.log").read_text(encoding="utf-8") for one in (first, second)]
    assert ["Unable to do partial parsing" in log for log in logs] == [True, False]


def test_a_project_that_cannot_be_parsed_is_a_failure_with_its_reason(project: Path, tmp_path: Path) -> None:
    (project / "models" / "kept.sql").write_text("select * from {{ ref('nowhere') }}", encoding="utf-8")
    warehouse = Warehouse(
        {"builder": "postgresql://builder:x@127.0.0.1:1/one"}, tmp_path / "one", "file:///x"
    )
    run = dbt_run.run_dbt(warehouse, {}, None, lambda _: None)
    assert run.warnings == () and "depends on a node named 'nowhere'" in " ".join(run.failures)


# Beside `kept`, a view of raw.orders: a table of it, one of raw.piles that names it by a key alone, and both joined.
MODELS = {
    "counted": "{{ config(materialized='table') }} select * from {{ ref('kept') }}",
    "keyed": "{{ config(materialized='table') }} select * from {{ source('raw', 'piles') }}",
    "joined": "{{ config(materialized='table') }} select * from {{ ref('keyed') }} join {{ ref('counted') }} using (a)",
}
SCHEMA = """
models:
  - name: kept
    columns: [{name: a, data_tests: [unique]}]
  - name: counted
    columns: [{name: a, data_tests: [unique]}]
  - name: keyed
    constraints: [{type: foreign_key, columns: [a], to: ref('counted'), to_columns: [a]}]
    columns: [{name: a, data_type: text, data_tests: [unique]}]
"""


@pytest.mark.parametrize(
    ("changed", "built"),
    [
        ({"raw.orders"}, ["counted", "joined", "unique_counted_a"]),
        ({"raw.piles"}, ["joined", "keyed", "unique_keyed_a"]),
        ({"counted"}, ["counted", "joined", "unique_counted_a"]),
        ({"raw.nothing"}, []),
    ],
    ids=str,
)
def test_what_depends_on_a_change_is_built(
    project: Path, tmp_path: Path, changed: set[str], built: list[str]
) -> None:
    """A key that names a table is no dependency, a view stays, and so do the tests of views."""
    for name, sql in MODELS.items():
        (project / "models" / f"{name}.sql").write_text(sql, encoding="utf-8")
    (project / "models" / "schema.yml").write_text(SCHEMA, encoding="utf-8")
    sources = "sources: [{name: raw, tables: [{name: orders}, {name: piles}]}]"
    (project / "models" / "sources.yml").write_text(sources, encoding="utf-8")
    warehouse = Warehouse(
        {"builder": "postgresql://builder:x@127.0.0.1:1/one"}, tmp_path / "one", "file:///x"
    )
    assert dbt_run._depending_on(dbt_run._parsed(warehouse).result, changed) == built
