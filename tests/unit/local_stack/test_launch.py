"""The launcher before the environment exists: what it finds, what it says, what it takes from pip's settings."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest
from green_freight.settings import PROJECT

from local_stack import launch


def test_without_a_python_it_names_the_package_to_install(tmp_path: Path) -> None:
    for tool in ("dirname", "readlink", "cat"):
        (tmp_path / tool).symlink_to(str(shutil.which(tool)))
    done = subprocess.run(
        ["/bin/sh", str(PROJECT / "green-freight"), "run"],
        env={"PATH": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 69
    assert "apt-get install python3 python3-venv" in done.stderr


def test_an_unchanged_lock_means_no_work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _project_with_environment(tmp_path)
    monkeypatch.setattr(launch, "_fill", lambda venv, project: pytest.fail("made again"))
    launch.make_environment(tmp_path)


@pytest.mark.parametrize("name", [*launch.LOCKS, "pyproject.toml"])
def test_a_changed_lock_fills_the_environment_once_more(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _project_with_environment(tmp_path)
    (tmp_path / name).write_text("uv==2\n")
    filled: list[Path] = []
    monkeypatch.setattr(launch, "_fill", lambda venv, project: filled.append(venv))
    launch.make_environment(tmp_path)
    launch.make_environment(tmp_path)
    assert filled == [tmp_path / ".venv"]


def test_pip_settings_reach_uv_and_a_variable_beats_a_file() -> None:
    listing = """
        global.index-url='https://mirror.example/simple'
        :env:.cert='/etc/ssl/office.pem'
        global.cert='/etc/ssl/other.pem'
        global.timeout='60'
    """
    assert launch.parse_pip_settings(listing) == {
        "index-url": "https://mirror.example/simple",
        "cert": "/etc/ssl/office.pem",
    }


def test_a_cache_that_cannot_be_written_gives_way_to_the_next(tmp_path: Path) -> None:
    not_a_folder = tmp_path / "file"
    not_a_folder.touch()
    usable = tmp_path / "cache" / "uv"
    assert launch._first_writable([not_a_folder / "uv", usable]) == usable
    assert launch._first_writable([not_a_folder / "uv"]) is None


def test_the_state_folder_is_the_last_place_for_a_cache(tmp_path: Path) -> None:
    state = {"GREEN_FREIGHT_HOME": str(tmp_path)}
    usual, last = Path("/home/someone/.cache/uv"), tmp_path / "cache" / "uv"
    assert launch._cache_folders({"HOME": "/home/someone", **state}, PROJECT) == [usual, last]
    assert launch._cache_folders(state, PROJECT) == [last]


def test_the_lock_holds_uv_with_hashes() -> None:
    block = launch.locked_uv((PROJECT / launch.LOCKS[1]).read_text(encoding="utf-8"))
    assert block.startswith("uv==")
    assert "--hash=sha256:" in block
    assert all(line.startswith((" ", "uv==")) for line in block.splitlines())


def _project_with_environment(project: Path) -> None:
    for name in (*launch.LOCKS, "pyproject.toml"):
        (project / name).write_text("uv==1\n")
    python = project / ".venv" / "bin" / "python"
    python.parent.mkdir(parents=True)
    python.symlink_to(os.path.realpath("/bin/sh"))
    (project / ".venv" / launch.STAMP).write_text(launch.fingerprint(project) + "\n")
