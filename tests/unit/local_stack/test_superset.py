"""Superset's environment: what is missing is named, and one that is as its lock says is left alone."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest
from green_freight.cli.console import Steps
from rich.console import Console

from local_stack import superset
from local_stack.superset import SupersetError


@pytest.fixture
def source(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give a folder of the dashboards with a lock whose package no installer finds without a network."""
    lock = tmp_path / "requirements.txt"
    lock.write_text("no-such-package==1.0 --hash=sha256:" + "0" * 64 + "\n", encoding="ascii")
    monkeypatch.setattr(superset, "SOURCE", tmp_path)
    monkeypatch.setattr(superset, "LOCK", lock)
    monkeypatch.setattr(superset, "VENV", tmp_path / ".venv")
    monkeypatch.setenv("UV_OFFLINE", "1")
    return tmp_path


def _steps() -> Steps:
    return Steps(Console(quiet=True))


def test_a_package_that_cannot_be_installed_is_named_with_the_lock(source: Path) -> None:
    with pytest.raises(SupersetError) as refused:
        superset.make_environment(_steps())
    assert str(source / "requirements.txt") in str(refused.value)
    assert "no-such-package" in str(refused.value)
    # What was half made is not taken for the environment by the next call.
    with pytest.raises(SupersetError, match="no-such-package"):
        superset.make_environment(_steps())


@pytest.mark.parametrize("newest", [(3, 10), (3, 9), (2, 7)])
def test_a_python_that_is_too_new_is_refused(
    source: Path, newest: tuple[int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(superset, "NEWEST_PYTHON", newest)
    with pytest.raises(SupersetError, match="GREEN_FREIGHT_PYTHON"):
        superset.make_environment(_steps())
    assert not (source / ".venv").exists()


def test_an_environment_as_the_lock_says_is_left_alone(source: Path) -> None:
    programs = source / ".venv" / "bin"
    programs.mkdir(parents=True)
    (programs / "gunicorn").touch()
    wanted = hashlib.sha256((source / "requirements.txt").read_bytes()).hexdigest()
    (source / ".venv" / "green-freight-lock").write_text(wanted, encoding="ascii")
    assert superset.make_environment(_steps()) == programs
    (source / "requirements.txt").write_text("another==1.0\n", encoding="ascii")
    with pytest.raises(SupersetError):
        superset.make_environment(_steps())


@pytest.mark.parametrize(
    "changed", ["load.py", "columns.yaml", "datasets/score.sql", "dashboards/1_overview.yaml", "columns.md"]
)
def test_a_change_of_the_dashboards_source_is_loaded(
    source: Path, changed: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    shared = source / "columns.md"
    monkeypatch.setattr(superset.bundle, "SHARED_COLUMNS", shared)
    for name in {changed, "columns.md"}:
        (source / name).parent.mkdir(exist_ok=True)
        (source / name).write_text("before", encoding="utf-8")
    before = superset._fingerprint({"USER": "engineer"})
    assert superset._fingerprint({"USER": "engineer"}) == before
    (source / changed).write_text("after", encoding="utf-8")
    assert superset._fingerprint({"USER": "engineer"}) != before
