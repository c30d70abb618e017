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
