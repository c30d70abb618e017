"""Equal versions mean equal code, and a version that is not at hand is refused with what to do."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from green_freight import settings
from green_freight.code_version import content_hash, current
from green_freight.replaying import ReplayError
from green_freight.replaying.checkout import code_of, is_running

STEP = "plugins/green_freight/replaying/step.py"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """Give a checkout with the files that matter, and some that do not."""
    folder = tmp_path / "项目 with space"
    for name in (STEP, "dbt_project/models/a.sql", "requirements.txt", "docs/page.md", "green-freight"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(f"{name}\n", encoding="utf-8")
    (folder / ".gitignore").write_text("__pycache__/\n", encoding="utf-8")
    _git(folder, "init", "--quiet")
    _commit(folder)
    return folder


def test_a_clean_checkout_is_its_commit_and_a_page_of_the_docs_does_not_matter(project: Path) -> None:
    commit = _git(project, "rev-parse", "HEAD")
    assert current(project) == commit
    (project / "docs" / "page.md").write_text("another word", encoding="utf-8")
    (project / "plugins" / "__pycache__").mkdir()
    (project / "plugins" / "__pycache__" / "x.pyc").write_bytes(b"x")
    assert current(project) == commit


def test_each_change_of_the_code_is_another_version_and_the_same_change_the_same(project: Path) -> None:
    commit = _git(project, "rev-parse", "HEAD")
    model, new = project / "dbt_project" / "models" / "a.sql", project / "dags" / "新 file.py"
    seen = [current(project)]
    model.write_text("select 1", encoding="utf-8")
    seen.append(current(project))
    new.parent.mkdir()
    new.write_text("# new", encoding="utf-8")
    seen.append(current(project))
    new.write_text("# newer", encoding="utf-8")
    seen.append(current(project))
    model.unlink()
    seen.append(current(project))
    assert len(set(seen)) == 5
    assert all(version.startswith(f"{commit}+changes.") for version in seen[1:])
    new.write_text("# new", encoding="utf-8")
    model.write_text("select 1", encoding="utf-8")
    assert current(project) == seen[2]
    new.unlink()
    model.write_text("dbt_project/models/a.sql\n", encoding="utf-8")
    assert current(project) == commit


def test_without_git_the_files_themselves_are_the_version(
    project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    version = current(project)
    assert version.startswith("files.")
    (project / "docs" / "page.md").unlink()
    assert current(project) == version
    (project / "requirements.txt").write_text("other", encoding="utf-8")
    assert current(project) != version


def test_a_release_has_its_name_and_its_content(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("GREEN_FREIGHT_CODE_VERSION", raising=False)
    monkeypatch.setenv("GREEN_FREIGHT_RELEASE", "2025.4")
    monkeypatch.setenv("PATH", str(tmp_path))
    assert settings.code_version() == f"2025.4.{content_hash(settings.PROJECT)}"


def test_the_running_code_is_known_by_its_word_or_by_its_content(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    content = content_hash(project)
    monkeypatch.setenv("GREEN_FREIGHT_CODE_VERSION", "3" * 40)
    assert is_running("3" * 40, project)
    assert is_running(f"{'2' * 40}+changes.{content}", project)
    assert is_running(f"2025.4.{content}", project)
    assert not is_running("1" * 40, project)
    assert not is_running("3" * 40 + "+changes", project)
    assert not is_running(f"files.{content[::-1]}", project)
    with code_of("3" * 40, Path("/nowhere")) as code:
        assert (code.project, code.python) == (settings.PROJECT, Path(sys.executable))


def test_another_commit_is_had_for_the_block_and_nothing_stays(project: Path, tmp_path: Path) -> None:
    first = _git(project, "rev-parse", "HEAD")
    (project / STEP).write_text("later", encoding="utf-8")
    _commit(project)
    folder = tmp_path / "home" / "code"
    with code_of(first, folder, running=project) as code:
        assert (code.project / STEP).read_text(encoding="utf-8") == f"{STEP}\n"
        assert (code.version, code.python) == (first, Path(sys.executable))
        assert code.python_path == f"{folder}{os.pathsep}{folder / 'plugins'}"
    assert not folder.exists()
    assert len(_git(project, "worktree", "list").splitlines()) == 1


def test_what_a_killed_replay_left_does_not_matter(project: Path, tmp_path: Path) -> None:
    commit, folder = _git(project, "rev-parse", "HEAD"), tmp_path / "code"
    _git(project, "worktree", "add", "--detach", str(folder), commit)
    subprocess.run(["rm", "-r", str(folder)], check=True)
    with code_of(commit, folder, running=project) as code:
        assert (code.project / STEP).exists()


def test_another_lock_gets_the_environment_that_its_launcher_makes(project: Path, tmp_path: Path) -> None:
    launcher = project / "green-freight"
    launcher.write_text(
        '#!/bin/sh\ncd "$(dirname "$0")" && mkdir -p .venv/bin && touch .venv/bin/python\n', encoding="utf-8"
    )
    launcher.chmod(0o755)
    first = _commit(project)
    (project / "requirements.txt").write_text("newer", encoding="utf-8")
    _commit(project)
    folder = tmp_path / "code"
    with code_of(first, folder, running=project) as code:
        assert code.python == folder / ".venv" / "bin" / "python"
    (project / "requirements.txt").write_text("newest", encoding="utf-8")
    launcher.write_text("#!/bin/sh\necho no network >&2; exit 69\n", encoding="utf-8")
    broken = _commit(project)
    (project / "requirements.txt").write_text("fixed", encoding="utf-8")
    _commit(project)
    with (
        pytest.raises(ReplayError, match="cannot be made: no network"),
        code_of(broken, folder, running=project),
    ):
        pass
    assert not folder.exists()


def test_code_that_cannot_be_had_is_refused_with_what_to_do(
    project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (project / STEP).unlink()
    older = _commit(project)
    without_git = tmp_path / "unpacked"
    without_git.mkdir()
    cases = [
        (older, project, "is older than replaying"),
        ("0" * 40, project, r"does not have the commit 0{40}; run git fetch --all"),
        ("0" * 40 + "+changes", project, "which is no commit"),
        ("0" * 40 + "+changes.0123456789ab", project, "run replay where that code still is"),
        ("unversioned", project, "which is no commit"),
        ("0" * 40, without_git, "no git checkout here: run replay in a clone that has it"),
    ]
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path))
    for version, running, words in cases:
        with (
            pytest.raises(ReplayError, match=words) as refused,
            code_of(version, tmp_path / "code", running=running),
        ):
            pass
        assert " / " in str(refused.value)
        assert not (tmp_path / "code").exists()


def _git(folder: Path, *arguments: str) -> str:
    command = [
        "git",
        "-C",
        str(folder),
        "-c",
        "user.name=test",
        "-c",
        "user.email=test@localhost",
        *arguments,
    ]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()


def _commit(folder: Path) -> str:
    _git(folder, "add", "--all")
    _git(folder, "commit", "--quiet", "-m", "a step")
    return _git(folder, "rev-parse", "HEAD")
