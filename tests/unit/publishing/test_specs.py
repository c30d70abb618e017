"""What a manifest may say about publishing, and what it may not."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from green_freight.publishing.errors import InvalidSpecError
from green_freight.publishing.specs import ForeignKey, TableSpec, from_manifest, from_manifest_file, in_order


def model(
    name: str, constraints: list[dict[str, Any]], *columns: str, month: str | None = None
) -> dict[str, Any]:
    return {
        "resource_type": "model",
        "name": name,
        "alias": name,
        "description": f"{name} 说明 / text",
        "columns": {c: {"name": c, "description": f"{c} 列 / column", "data_type": "text"} for c in columns},
        "config": {"meta": {"partition_month_column": month} if month else {}},
        "constraints": constraints,
    }


def manifest(*models: dict[str, Any]) -> dict[str, Any]:
    return {"nodes": {f"model.green_freight.{m['name']}": m for m in models}}


def key(*columns: str) -> dict[str, Any]:
    return {"type": "primary_key", "columns": list(columns), "to": None, "to_columns": []}


def reference(name: str, column: str = "b_key") -> dict[str, Any]:
    """As dbt writes it after parsing; after a build `to` is the relation's quoted name."""
    return {
        "type": "foreign_key",
        "columns": ["city_code", column],
        "to": f"ref('{name}')",
        "to_columns": ["city_code", "b_key"],
    }


KEY = [key("city_code", "b_key")]


@pytest.mark.parametrize(
    "to",
    [
        {"to": "ref('dim_b')"},
        {"to": '"warehouse"."candidate"."dim_b"'},
        {"to": None, "to_columns": [], "expression": "dim_b (city_code, b_key)"},
    ],
)
def test_referenced_tables_come_first_and_models_without_a_key_are_left_out(to: dict[str, Any]) -> None:
    child = [key("city_code", "a_key"), reference("dim_b") | to]
    specs = from_manifest(
        manifest(
            model("a_child", child, "city_code", "a_key", "b_key"),
            model("dim_b", KEY, "city_code", "b_key"),
            model("stg_x", [], "c"),
        )
    )
    assert [spec.name for spec in specs] == ["dim_b", "a_child"]
    assert specs[1].foreign_keys == (ForeignKey(("city_code", "b_key"), "dim_b", ("city_code", "b_key")),)
    assert specs[1].columns == {c: f"{c} 列 / column" for c in ("city_code", "a_key", "b_key")}
    assert specs[1].partition_month_column is None


@pytest.mark.parametrize(
    ("constraints", "columns", "word"),
    [
        ([key("a"), key("b")], ["a", "b"], "several primary keys"),
        ([key()], ["a"], "has no primary key"),
        ([key("b")], ["a"], r"t\.b .*is no column"),
        ([key("a")], ["a", "m"], "needs its partition column"),
        ([key("a"), reference("dim_z")], ["a", "city_code", "b_key"], "not published"),
        ([key("city_code"), reference("t")], ["city_code", "b_key"], "should refer to its primary key"),
    ],
)
def test_a_contradiction_is_named(constraints: list[dict[str, Any]], columns: list[str], word: str) -> None:
    month = "m" if "m" in columns else None
    with pytest.raises(InvalidSpecError, match=word):
        from_manifest(manifest(model("t", constraints, *columns, month=month)))


def test_a_manifest_without_published_models_is_no_empty_star() -> None:
    with pytest.raises(InvalidSpecError, match="no table to publish"):
        from_manifest(manifest(model("stg_x", [], "c")))


def test_a_circle_of_references_is_named() -> None:
    def table(name: str, other: str) -> TableSpec:
        return TableSpec(name, "", {"k": ""}, ("k",), (ForeignKey(("k",), other, ("k",)),))

    with pytest.raises(InvalidSpecError, match=r"circle: . → . → ."):
        in_order([table("a", "b"), table("b", "a")])
    assert [spec.name for spec in in_order([table("a", "a")])] == ["a"]


def test_a_missing_manifest_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(InvalidSpecError, match="build again"):
        from_manifest_file(tmp_path / "manifest.json")
