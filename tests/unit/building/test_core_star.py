"""What the core star declares: its keys as constraints, words in two languages."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from green_freight.messages import read_words
from green_freight.settings import PROJECT

CORE = PROJECT / "dbt_project" / "models" / "core"
CHINESE = re.compile(r"[\u4e00-\u9fff]")


def models() -> list[dict[str, Any]]:
    files: list[Path] = [path for path in sorted(CORE.glob("*.yml")) if not path.stem.endswith("unit_tests")]
    return [model for path in files for model in read_words(path)["models"]]


@pytest.mark.parametrize("model", models(), ids=lambda model: str(model["name"]))
class TestModel:
    def test_has_its_sql(self, model: dict[str, Any]) -> None:
        assert (CORE / f"{model['name']}.sql").is_file()

    def test_declares_its_key_and_parents_as_constraints(self, model: dict[str, Any]) -> None:
        primary_key, *foreign_keys = model["constraints"]
        assert primary_key["type"] == "primary_key" and primary_key["columns"][0] == "city_code"
        assert {key["type"] for key in foreign_keys} <= {"foreign_key"}

    def test_a_partitioned_table_has_the_month_in_its_key(self, model: dict[str, Any]) -> None:
        month = model.get("config", {}).get("meta", {}).get("partition_month_column")
        assert month is None or month in model["constraints"][0]["columns"]
        is_incremental = "replace_periods" in (CORE / f"{model['name']}.sql").read_text(encoding="utf-8")
        assert is_incremental == (month is not None)

    def test_says_its_grain_first_and_everything_in_two_languages(self, model: dict[str, Any]) -> None:
        assert model["description"].startswith("一行是")
        assert " / One row is " in model["description"]
        for column in model["columns"]:
            words = column["description"]
            if "doc(" not in words:
                chinese, _, english = words.partition(" / ")
                assert CHINESE.search(chinese), column
                assert english, column
                assert not CHINESE.search(english), column

    def test_the_key_is_never_empty(self, model: dict[str, Any]) -> None:
        not_null = {c["name"] for c in model["columns"] if {"type": "not_null"} in c.get("constraints", [])}
        assert set(model["constraints"][0]["columns"]) <= not_null
