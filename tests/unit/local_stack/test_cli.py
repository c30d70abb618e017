"""The command line: help everywhere in both languages, wrong arguments refused before anything starts."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from typer.main import get_command
from typer.testing import CliRunner

from local_stack.cli import app
from local_stack.demonstration import Demonstration, OtherDemonstrationError
from local_stack.home import Home

COMMANDS = (
    "run", "test", "up", "bi", "down", "status", "psql", "scorecard", "coverage", "check-truth", "logs", "clean",
    "backfill", "revert", "evidence", "replay", "install", "demo-connections", "dictionary", "airflow", "reader",
    "backup", "restore", "bulletin", "export", "form", "bench",
)  # fmt: skip


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("GREEN_FREIGHT_HOME", str(tmp_path))
    return tmp_path


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_explains_itself_in_both_languages(name: str) -> None:
    shown = CliRunner().invoke(app, [name, "--help"])
    assert shown.exit_code == 0
    first = next(line for line in shown.output.splitlines() if re.search("[\u4e00-\u9fff]", line))
    assert "·" in first
    assert re.search("[a-z]{3}", first)


def test_these_are_all_the_commands() -> None:
    assert set(get_command(app).commands) == set(COMMANDS)  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    "arguments",
    [
        ["run", "--day", "2025-13-01"],
        ["run", "--from", "yesterday"],
        ["test", "everything"],
        ["coverage", "--agency", "police"],
    ],
)
def test_a_wrong_argument_is_refused(arguments: list[str], home: Path) -> None:
    assert CliRunner().invoke(app, arguments).exit_code == 2
    assert list(home.iterdir()) == []


def test_two_cities_never_mix_in_one_home(home: Path) -> None:
    Demonstration(0.1).claim(Home(home))
    Demonstration(0.1).claim(Home(home))
    with pytest.raises(OtherDemonstrationError, match=r"volume 0\.1"):
        Demonstration(1.0).claim(Home(home))
    assert Demonstration.of(Home(home), None) == Demonstration(0.1)
    assert Demonstration.of(Home(home), 1.0) == Demonstration(1.0)
