"""What a manifest may say about publishing, and what it may not."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from green_freight.publishing.errors import InvalidSpecError
from green_freight.publishing.specs import ForeignKey, TableSpec, from_manifest, from_manifest_file, in_order


def model(name: str, publish: dict[str, Any] | None, *columns: str) -> dict[str, Any]:
    return {
        "resource_type": "model",
        "name": name,
        "alias": name,
        "description": f"{name} 说明 / text",
        "columns": {c: {"name": c, "description": f"{c} 列 / column", "data_type": "text"} for c in columns},
        "config": {"meta": {} if publish is None else {"publish": publish}},
    }


def manifest(*models: dict[str, Any]) -> dict[str, Any]:
    return {"nodes": {f"model.green_freight.{m['name']}": m for m in models}}


def reference(name: str, column: str = "b_key") -> dict[str, Any]:
    return {
        "columns": ["city_code", column],
        "references": name,
        "referenced_columns": ["city_code", "b_key"],
    }


KEY = {"primary_key": ["city_code", "b_key"], "foreign_keys": [], "partition_month_column": None}


def test_referenced_tables_come_first_and_unpublished_models_are_left_out() -> None:
    child = {"primary_key": ["city_code", "a_key"], "foreign_keys": [reference("dim_b")]}
    specs = from_manifest(
        manifest(
            model("a_child", child, "city_code", "a_key", "b_key"),
            model("dim_b", KEY, "city_code", "b_key"),
            model("stg_x", None, "c"),
        )
    )
    assert [spec.name for spec in specs] == ["dim_b", "a_child"]
    assert specs[1].foreign_keys == (ForeignKey(("city_code", "b_key"), "dim_b", ("city_code", "b_key")),)
    assert specs[1].columns == {c: f"{c} 列 / column" for c in ("city_code", "a_key", "b_key")}
    assert specs[1].partition_month_column is None


@pytest.mark.parametrize(
    ("publish", "columns", "word"),
    [
        ({}, ["a"], "needs primary_key"),
        ({"primary_key": ["a"], "primary_keys": []}, ["a"], "it takes"),
        ({"primary_key": []}, ["a"], "has no primary key"),
        ({"primary_key": ["b"]}, ["a"], r"t\.b .*is no column"),
        ({"primary_key": ["a"], "partition_month_column": "m"}, ["a", "m"], "needs its partition column"),
        (
            {"primary_key": ["a"], "foreign_keys": [reference("dim_z")]},
            ["a", "city_code", "b_key"],
            "not published",
        ),
        (
            {"primary_key": ["city_code"], "foreign_keys": [reference("t")]},
            ["city_code", "b_key"],
            "should refer to its primary key",
        ),
    ],
)
def test_a_contradiction_is_named(publish: dict[str, Any], columns: list[str], word: str) -> None:
    with pytest.raises(InvalidSpecError, match=word):
        from_manifest(manifest(model("t", publish, *columns)))


def test_a_manifest_without_published_models_is_no_empty_star() -> None:
    with pytest.raises(InvalidSpecError, match=r"no model with meta\.publish"):
        from_manifest(manifest(model("stg_x", None, "c")))


def test_a_circle_of_references_is_named() -> None:
    def table(name: str, other: str) -> TableSpec:
        return TableSpec(name, "", {"k": ""}, ("k",), (ForeignKey(("k",), other, ("k",)),))

    with pytest.raises(InvalidSpecError, match=r"circle: . → . → ."):
        in_order([table("a", "b"), table("b", "a")])
    assert [spec.name for spec in in_order([table("a", "a")])] == ["a"]


def test_a_missing_manifest_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(InvalidSpecError, match="build again"):
        from_manifest_file(tmp_path / "manifest.json")
