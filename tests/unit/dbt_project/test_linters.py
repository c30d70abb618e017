"""dbt-bouncer and dbt-score find nothing in the project; what they may overlook is justified in their configuration."""

from __future__ import annotations

import copy
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from green_freight.settings import PROJECT

SCRIPTS = Path(sys.executable).parent


def run(name: str, *arguments: str, project_dir: Path) -> subprocess.CompletedProcess[str]:
    """Run a linter from the project's folder; it finds `target/manifest.json` in `project_dir`."""
    return subprocess.run(
        [SCRIPTS / name, *arguments],
        cwd=PROJECT,
        env={**os.environ, "DBT_PROJECT_DIR": str(project_dir), "NO_COLOR": "1", "COLUMNS": "200"},
        capture_output=True,
        text=True,
        check=False,
    )


def written(manifest: dict[str, Any], project_dir: Path) -> Path:
    """Write the manifest where dbt would; return its path."""
    (project_dir / "target").mkdir()
    path = project_dir / "target" / "manifest.json"
    path.write_text(json.dumps(manifest), encoding="utf-8")
    return path


def bouncer(project_dir: Path) -> subprocess.CompletedProcess[str]:
    config = PROJECT / "dbt_project" / "dbt-bouncer.yml"
    return run(
        "dbt-bouncer", "run", "--config-file", str(config), "--show-all-failures", project_dir=project_dir
    )


def score(path: Path) -> subprocess.CompletedProcess[str]:
    return run("dbt-score", "lint", "--manifest", str(path), project_dir=path.parents[1])


def test_the_linters_find_nothing(manifest: dict[str, Any], tmp_path: Path) -> None:
    path = written(manifest, tmp_path)
    for done in (bouncer(tmp_path), score(path)):
        assert done.returncode == 0, done.stdout + done.stderr


def test_the_linters_find_planted_faults(manifest: dict[str, Any], tmp_path: Path) -> None:
    planted = copy.deepcopy(manifest)
    station = planted["nodes"]["model.green_freight.stg_power__station"]
    station["depends_on"]["nodes"].append("model.green_freight.stg_power__pile")
    station["description"] = ""
    path = written(planted, tmp_path)
    found = bouncer(tmp_path)
    assert found.returncode == 1
    assert "check_lineage_permitted_upstream_models" in found.stdout + found.stderr
    assert "check_model_description_populated" in found.stdout + found.stderr
    assert score(path).returncode == 1
