"""The fingerprint: changes with whatever decides the candidate's content, and with nothing else."""

from __future__ import annotations

from pathlib import Path

from green_freight.building.plan import fingerprint


def project(folder: Path) -> Path:
    (folder / "models").mkdir()
    (folder / "models" / "a.sql").write_text("select 1", encoding="utf-8")
    (folder / "dbt_project.yml").write_text("name: a", encoding="utf-8")
    return folder


def test_a_changed_model_changes_it(tmp_path: Path) -> None:
    before = fingerprint(project(tmp_path))
    (tmp_path / "models" / "a.sql").write_text("select 2", encoding="utf-8")
    assert fingerprint(tmp_path) != before


def test_a_renamed_model_changes_it(tmp_path: Path) -> None:
    before = fingerprint(project(tmp_path))
    (tmp_path / "models" / "a.sql").rename(tmp_path / "models" / "b.sql")
    assert fingerprint(tmp_path) != before


def test_what_dbt_leaves_behind_does_not(tmp_path: Path) -> None:
    before = fingerprint(project(tmp_path))
    (tmp_path / "target").mkdir()
    (tmp_path / "target" / "manifest.json").write_text("{}", encoding="utf-8")
    assert fingerprint(tmp_path) == before
