"""Labels of codes are stated in the seed alone, and the seed has one for every code that readers see."""

from __future__ import annotations

import ast
import csv
import re

import pytest
from green_freight.agencies.fetch_records import Outcome
from green_freight.labels import SEED, Label, label, labels
from green_freight.messages import read_words
from green_freight.settings import PROJECT

SOURCES = [
    path
    for folder in ("plugins", "local_stack", "demo_city", "dags")
    for path in sorted((PROJECT / folder).rglob("*.py"))
]
# The column of a described table, and the kind of its codes.
COLUMNS = {
    "status_code": "status",
    "null_reason_code": "null_reason",
    "status_trend_code": "status_trend",
    "role_code": "responsibility",
}
# Kinds whose codes are words and numbers that stand for other things as well.
OF_THINGS = {"entity_kind", "stop_reason"}


def _rows() -> list[dict[str, str]]:
    with SEED.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def stated_labels(source: str) -> set[str]:
    """Return the dictionary entries of Python source text that give a code of the seed its label."""
    known = {
        code: (zh, en)
        for row in _rows()
        if row["kind"] not in OF_THINGS
        for code, zh, en in [(row["code"], row["label_zh"], row["label_en"])]
    }
    found = set()
    for node in ast.walk(ast.parse(source)):
        if not isinstance(node, ast.Dict):
            continue
        for key, value in zip(node.keys, node.values, strict=True):
            if isinstance(key, ast.Constant) and key.value in known:
                words = [one.value for one in ast.walk(value) if isinstance(one, ast.Constant)]
                # A longer text is a sentence about the code, not its label.
                if any(
                    isinstance(word, str) and re.match(r"[\u4e00-\u9fff]{1,12}( [^/]|$)", word)
                    for word in words
                ):
                    found.add(f"{key.value}: {words}")
    return found


def test_labels_follow_the_glossary() -> None:
    assert [one.zh for one in labels("status").values()] == [
        "达标", "未达标", "符合进度", "滞后", "未到期", "无目标", "无数据",
    ]  # fmt: skip
    assert label("status", "on_track").both == "符合进度 on track"
    assert label("run_kind", "revert").zh == label("cause", "revert").zh == "回退"


def test_a_code_of_another_version_stands_for_itself_and_an_unknown_kind_fails() -> None:
    assert label("status", "paused") == Label("paused", "paused")
    with pytest.raises(KeyError, match="moods"):
        labels("moods")


def test_every_outcome_of_a_fetch_has_a_label() -> None:
    assert {outcome.value for outcome in Outcome} == labels("fetch_outcome").keys()


def test_no_module_states_labels_of_its_own() -> None:
    stated = {path.name: stated_labels(path.read_text(encoding="utf-8")) for path in SOURCES}
    assert {name: found for name, found in stated.items() if found} == {}


def test_a_stated_label_is_found() -> None:
    assert stated_labels("WORDS = {'met': ('完成', 'met')}") == {"met: ['完成', 'met']"}


def test_described_columns_give_their_codes_the_same_labels() -> None:
    wrong = []
    for page in sorted((PROJECT / "dbt_project").rglob("*.yml")):
        described = read_words(page) or {}
        if not isinstance(described.get("models", []), list):
            continue  # dbt_project.yml
        for table in [*(described.get("models") or []), *(described.get("seeds") or [])]:
            for column in table.get("columns") or []:
                kind, text = COLUMNS.get(column["name"]), column.get("description", "")
                for code, one in (labels(kind) if kind else {}).items():
                    stated = re.search(rf"\b{code} ([\u4e00-\u9fff]+)", text)
                    if stated and stated[1] != one.zh:
                        wrong.append(f"{table['name']}.{column['name']}: {code} {stated[1]}")
    assert wrong == []
