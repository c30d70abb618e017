"""Every message of the files messages.yaml is used, in both languages, and gets the facts that it names."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from string import Formatter

import pytest
from green_freight.messages import FOLDERS, read_words, templates
from green_freight.settings import PACKAGE, PROJECT

CHINESE = re.compile("[\u4e00-\u9fff]")


def _calls() -> Iterator[ast.Call]:
    for path in (path for folder in FOLDERS for path in folder.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "message":
                yield node


def _facts(template: str) -> set[str]:
    named = (field for _, field, _, _ in Formatter().parse(template) if field)
    return {re.split(r"[.\[]", field)[0] for field in named}


CALLS = {call.args[0].value: call for call in _calls() if isinstance(call.args[0], ast.Constant)}


@pytest.mark.parametrize("code", templates())
def test_a_message_is_used_in_both_languages_with_its_facts(code: str) -> None:
    words = templates()[code]
    assert set(words) == {"zh", "en"}
    assert CHINESE.search(words["zh"])
    assert not CHINESE.search(words["en"])
    given = {keyword.arg for keyword in CALLS[code].keywords}
    # Facts in both languages are given as a dictionary.
    assert None in given or given == _facts(words["zh"]) | _facts(words["en"])


def test_a_code_stands_in_one_file() -> None:
    paths = [path for folder in FOLDERS for path in folder.rglob("messages.yaml")]
    codes = [code for path in paths for code in read_words(path)]
    assert sorted(codes) == sorted(templates())


def test_every_message_that_the_code_gives_exists() -> None:
    assert set(CALLS) == set(templates())


def _as_reader(text: str) -> list[str]:
    """Return where a text points to a query that the reader's role runs: it sees `mart`, not the record of runs."""
    return re.findall(r"green-freight psql(?! --ops).*", text)


def test_no_message_points_to_what_the_readers_role_may_not_see() -> None:
    folders = (PACKAGE, PROJECT / "local_stack", PROJECT / "expectations", PROJECT / "dags")
    files = [
        path for folder in folders for path in folder.rglob("*") if path.suffix in (".py", ".yaml", ".yml")
    ]
    found = {path.name: _as_reader(path.read_text(encoding="utf-8")) for path in files}
    # The name under which psql logs in is no message.
    assert {name: lines for name, lines in found.items() if lines} == {
        "client_programs.py": ['green-freight psql",']
    }
    assert _as_reader("30 more lines: ./green-freight psql")
    assert not _as_reader("30 more lines: ./green-freight psql --ops")
