"""One concept, one word: names, comments, messages and pages use the words of docs/glossary.md."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
from green_freight.messages import read_words
from green_freight.settings import PROJECT

RULES = Path(__file__).with_name("wording.yml")
SUFFIXES = {".py", ".sql", ".md", ".yml", ".yaml", ".csv", ".toml", ".example", ".sh", ""}
# The list itself, words of others (the plan's text, agencies' column titles) and files that tools write.
# Migrations that have run on an installation stay as they were.
EXEMPT = re.compile(
    r"tests/unit/documentation/(test_)?wording\.|docs/glossary\.md|LICENSE|requirements|dbt_project/seeds/plan_"
    r"|tests/data/|plugins/green_freight/warehouse/migrations/"
)
# Lines that spell a title as an agency writes it: source names of contracts, headers of test files, quoted titles.
FOREIGN_LINE = re.compile(r"sourceNames|HEADER\b|“[^”]*日期”")


def _write_instead() -> dict[str, str]:
    rules: list[dict[str, Any]] = read_words(RULES)
    return {word: rule["write"] for rule in rules for word in rule["words"]}


WRITE_INSTEAD = _write_instead()
# Columns of `mart` and codes of expectations keep their names: queries and records hold them.
STABLE_NAMES = re.compile(
    r"judged_by_code|judged_works|value_only_where_judged_by_it|judged_as_it_stands|year_over_when_judged_met"
    r"|judged_at_its_day|verdict_\w+_count"
)
WORDS = re.compile(
    rf"(?<![a-z])(?:{'|'.join(re.escape(word) for word in WRITE_INSTEAD if word.isascii())})(?![a-z])"
    rf"|{'|'.join(word for word in WRITE_INSTEAD if not word.isascii())}",
    re.IGNORECASE,
)


def _violations(text: str) -> list[str]:
    return [
        f"{number}: “{hit[0]}”, write: {WRITE_INSTEAD[hit[0].lower()]}"
        for number, line in enumerate(text.splitlines(), start=1)
        for hit in WORDS.finditer(STABLE_NAMES.sub("", line))
        if not FOREIGN_LINE.search(line)
    ]


def _files() -> list[str]:
    listed = subprocess.run(
        ["git", "ls-files"], cwd=PROJECT, capture_output=True, text=True, check=True
    ).stdout.splitlines()
    return [name for name in listed if Path(name).suffix in SUFFIXES and not EXEMPT.match(name)]


@pytest.mark.skipif(not (PROJECT / ".git").exists(), reason="lists files with git, this is no checkout")
def test_every_file_uses_the_glossarys_words() -> None:
    found = {}
    for name in _files():
        text = (PROJECT / name).read_text(encoding="utf-8", errors="replace")
        if lines := _violations(text):
            found[name] = lines
    assert found == {}


@pytest.mark.parametrize("text", ["The file is judged.", "keep_effort = 1", "数据已装入", "HINDSIGHT = 2"])
def test_a_planted_word_is_found(text: str) -> None:
    assert _violations(text) != []
    assert not _violations("The file is validated. 数据已装载")
