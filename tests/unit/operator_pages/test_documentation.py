"""What Great Expectations and dbt write, as the operator's pages give it out: nothing from other hosts."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from great_expectations.render.view import view as gx_view
from green_freight.operator_pages import DocumentMissingError, data_docs_file, dbt_documentation
from green_freight.operator_pages.documentation import offline
from green_freight.warehouse import Warehouse

HEAD = Path(gx_view.__file__).parent / "templates" / "page.j2"


@pytest.fixture
def warehouse(tmp_path: Path) -> Warehouse:
    """Give a folder for state with one page of the Data Docs and, beside them, a secret."""
    docs = tmp_path / "audit" / "data_docs"
    docs.mkdir(parents=True)
    (docs / "index.html").write_text("<html><head></head><body>结果</body></html>", encoding="utf-8")
    (tmp_path / "secret").write_text("hidden", encoding="utf-8")
    return Warehouse({}, tmp_path, "")


@pytest.mark.parametrize(
    "element",
    [
        '<script src="https://code.jquery.com/jquery.js"></script>',
        "<script\n  crossorigin src='http://cdn.example/vega.js' ></script>",
        '<link rel="stylesheet" href="https://maxcdn.bootstrapcdn.com/bootstrap.css"/>',
        "<img src=https://assets.example/logo.png>",
    ],
)
def test_what_comes_from_other_hosts_is_left_out(element: str) -> None:
    page = f'<html><head>{element}<link href="static/own.css"></head><body>结果{element}</body></html>'
    shown = offline(page, "/green-freight/validations")
    assert "http" not in shown
    assert "结果" in shown and "static/own.css" in shown


def test_every_page_of_great_expectations_begins_with_what_is_left_out() -> None:
    templates = "".join(path.read_text(encoding="utf-8") for path in HEAD.parent.glob("*.j2"))
    loading = [line for line in offline(templates, "/").splitlines() if "http" in line and "<a " not in line]
    assert [line for line in loading if "<script" in line or "<link" in line or "<img" in line] == []
    assert "bootstrap" in templates


def test_a_page_leads_back_to_the_results(warehouse: Warehouse) -> None:
    content, media_type = data_docs_file(warehouse, "index.html", "/airflow/green-freight/validations")
    assert b'href="/airflow/green-freight/validations"' in content
    assert media_type.startswith("text/html")


@pytest.mark.parametrize(
    "path", ["../../secret", "none.html", "", "validations/../../../secret", "/etc/hostname"]
)
def test_only_files_of_the_data_docs_are_given_out(warehouse: Warehouse, path: str) -> None:
    with pytest.raises(DocumentMissingError, match=r"没有.*There is no page"):
        data_docs_file(warehouse, path, "/")


def test_dbts_own_page_shows_the_manifest_of_the_build(warehouse: Warehouse) -> None:
    with pytest.raises(DocumentMissingError, match="首次构建"):
        dbt_documentation(warehouse)
    manifest = {"nodes": {"model.x": {"description": "</script><script>alert(1)"}}}
    warehouse.dbt_target.mkdir()
    warehouse.manifest_path.write_text(json.dumps(manifest), encoding="utf-8")
    page = dbt_documentation(warehouse)
    begin = page.index('{"nodes": {"model.x"')
    assert json.JSONDecoder().raw_decode(page[begin:])[0] == manifest
    assert "INLINE DATA" not in page
    assert "</script><script>alert" not in page
