"""The data dictionary says what is published, in both languages, and the committed page is the generated one."""

from __future__ import annotations

from typing import Any

import pytest
from green_freight.publishing.specs import from_manifest
from green_freight.reporting import data_dictionary


def _model(name: str, folder: str, columns: dict[str, str], *constraints: dict[str, Any]) -> dict[str, Any]:
    return {
        "resource_type": "model",
        "name": name,
        "fqn": ["green_freight", folder, name],
        "description": f"一行是一个{name}。 / One row is one {name}.",
        "columns": {
            column: {
                "name": column,
                "data_type": "text",
                "description": text,
                "constraints": [{"type": "not_null"}] if column == "needed" else [],
                "config": {"meta": {"label_kind": "cause"} if column == "note" else {}},
            }
            for column, text in columns.items()
        },
        "config": {},
        "constraints": list(constraints),
    }


def _key(*columns: str) -> dict[str, Any]:
    return {"type": "primary_key", "columns": list(columns)}


def _manifest(note: str = "备注 a|b / note a|b") -> dict[str, Any]:
    reference = {
        "type": "foreign_key",
        "columns": ["city_code", "parent"],
        "to": "ref('dim_a')",
        "to_columns": ["city_code", "a"],
    }
    key = {"city_code": "城市 / city", "a": "甲 / a"}
    others = {"city_code": "城市 / city", "parent": "上级 / parent", "needed": "必填 / needed", "note": note}
    return {
        "nodes": {
            "a": _model("dim_a", "core", key, _key("city_code", "a")),
            "b": _model("card", "reports", others, _key("city_code"), reference),
            "c": {"resource_type": "test", "name": "no model"},
        }
    }


def test_a_table_shows_key_type_meaning_and_reference() -> None:
    page = data_dictionary.markdown(_manifest())
    assert "| **city_code** | text | 城市 / city |  |" in page
    assert "| parent | text, null | 上级 / parent | [dim_a](#dim_a) |" in page
    assert "| needed | text | 必填 / needed |  |" in page
    assert "| note | text, null | 备注 a\\|b / note a\\|b | [dim_label](#dim_label): `cause` |" in page


def test_readers_tables_come_first() -> None:
    page = data_dictionary.markdown(_manifest())
    assert page.index("### card") < page.index("### dim_a")


@pytest.mark.parametrize("note", ["", "只有中文", "English only"])
def test_a_column_without_both_languages_is_named(note: str) -> None:
    with pytest.raises(data_dictionary.DictionaryIncompleteError, match=r"card\.note$"):
        data_dictionary.markdown(_manifest(note))


def test_the_committed_page_is_what_the_models_say_now(manifest: dict[str, Any]) -> None:
    page = data_dictionary.markdown(manifest)
    missing = [spec.name for spec in from_manifest(manifest) if f"\n### {spec.name}\n" not in page]
    assert missing == [], "published, but in none of the dictionary's sections"
    assert data_dictionary.PAGE.read_text(encoding="utf-8") == page, "run ./green-freight dictionary --write"
