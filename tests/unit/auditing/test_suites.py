"""The suites as files: one a table, each expectation with its words, every foreign key judged, registration in step."""

from __future__ import annotations

import json
import re
import shutil
from functools import cache
from pathlib import Path
from string import Formatter
from typing import Any

import pytest
import yaml
from green_freight.auditing.register import register
from green_freight.auditing.suites import EXPECTATIONS, read_suites
from green_freight.settings import PROJECT

SUITES = {suite.table: suite for suite in read_suites()}


@cache
def marts() -> dict[str, dict[str, Any]]:
    models = [
        model
        for layer in ("core", "indicators", "reports")
        for path in (PROJECT / "dbt_project" / "models" / layer).glob("*.yml")
        for model in yaml.safe_load(path.read_text(encoding="utf-8")).get("models") or []
    ]
    return {model["name"]: model for model in models}


def contents(folder: Path) -> dict[str, str]:
    return {
        str(path.relative_to(folder)): path.read_text(encoding="utf-8")
        for path in folder.rglob("*")
        if path.is_file()
    }


def test_every_table_that_is_built_has_its_suite() -> None:
    assert set(SUITES) == set(marts())


@pytest.mark.parametrize("table", sorted(SUITES))
def test_key_is_the_published_one_and_is_judged(table: str) -> None:
    assert list(SUITES[table].key) == marts()[table]["constraints"][0]["columns"]
    assert {"key_present", "key_unique"} <= {one["meta"]["code"] for one in SUITES[table].expectations}


@pytest.mark.parametrize("table", sorted(SUITES))
def test_uniqueness_is_judged_of_exactly_the_key(table: str) -> None:
    [unique] = [one for one in SUITES[table].expectations if one["meta"]["code"] == "key_unique"]
    grouped = re.search("group by (.*) having", unique["kwargs"].get("unexpected_rows_query", ""))
    columns = unique["kwargs"].get("column_list") or (grouped and grouped[1].split(", "))
    assert sorted(columns) == sorted(SUITES[table].key)


@pytest.mark.parametrize("table", sorted(SUITES))
def test_every_foreign_key_of_the_publication_is_judged_critical(table: str) -> None:
    """Publishing enforces these keys; the audit finds the rows first and names them."""
    queries = [
        one["kwargs"].get("unexpected_rows_query", "")
        for one in SUITES[table].expectations
        if one["severity"] == "critical"
    ]
    for key in marts()[table]["constraints"][1:]:
        parent = key["expression"].split(" ")[0] if "expression" in key else key["to"][5:-2]
        joined = re.compile(rf"left join candidate\.{parent} as \w .*= b\.{key['columns'][-1]}\b")
        assert any(joined.search(query) for query in queries), key


@pytest.mark.parametrize("table", sorted(SUITES))
def test_expectations_say_what_is_wrong_and_what_to_do(table: str) -> None:
    for expectation in SUITES[table].expectations:
        meta = expectation["meta"]
        assert expectation["severity"] in ("critical", "warning")
        for word in ("zh", "todo_zh"):
            assert re.search("[\u4e00-\u9fff]", meta[word]), meta
        for word in ("en", "todo_en"):
            assert re.search("[a-z]{3}", meta[word]), meta
        assert expectation["description"] == f"{meta['zh']} / {meta['en']}"


@pytest.mark.parametrize("table", sorted(SUITES))
def test_queries_are_such_as_great_expectations_can_run(table: str) -> None:
    kwargs = [expectation["kwargs"] for expectation in SUITES[table].expectations]
    for query in (one["unexpected_rows_query"] for one in kwargs if "unexpected_rows_query" in one):
        assert "batch" in [field for _, field, _, _ in Formatter().parse(query)]
        # SQLAlchemy takes `:name` for a parameter, even between quotes.
        assert not re.search(r"(?<!:):[A-Za-z]", query)
        # Great Expectations names the batch itself unless the query joins.
        assert bool(re.search(r"\bjoin\b", query)) == bool(re.search(r"\{batch\} as ", query))
        # The build under audit, never just the newest.
        assert "ops.build" not in query


def test_registering_changes_nothing(tmp_path: Path) -> None:
    folder = tmp_path / "expectations"
    shutil.copytree(EXPECTATIONS, folder)
    register(folder)
    assert contents(folder) == contents(EXPECTATIONS)


def test_registering_drops_what_has_no_suite_any_more(tmp_path: Path) -> None:
    folder = tmp_path / "expectations"
    shutil.copytree(EXPECTATIONS, folder)
    (folder / "suites" / "dim_platform.json").unlink()
    register(folder)
    assert not [name for name in contents(folder) if "dim_platform" in name]
    assert "dim_platform" not in (folder / "great_expectations.yml").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda suite: suite.update(name="other"), "names its suite 'other'"),
        (lambda suite: suite["expectations"][0].pop("severity"), "needs a severity"),
        (
            lambda suite: suite["expectations"][0]["meta"].pop("todo_en"),
            "meta with code, en, todo_en, todo_zh, zh",
        ),
        (lambda suite: suite["expectations"].append(suite["expectations"][0]), "stands twice: key_present"),
        (
            lambda suite: suite["expectations"].append(
                suite["expectations"][0] | {"meta": suite["expectations"][0]["meta"] | {"code": "other"}}
            ),
            "stands twice: .*unexpected_rows_query",
        ),
    ],
)
def test_a_suite_that_cannot_be_judged_is_refused(tmp_path: Path, change: Any, words: str) -> None:
    suite = json.loads((EXPECTATIONS / "suites" / "dim_unit.json").read_text(encoding="utf-8"))
    change(suite)
    (tmp_path / "suites").mkdir()
    (tmp_path / "suites" / "dim_unit.json").write_text(json.dumps(suite), encoding="utf-8")
    with pytest.raises(ValueError, match=words):
        read_suites(tmp_path)
