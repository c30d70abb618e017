"""The models as sqlfluff reads them after dbt has compiled them, which needs a server."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

from green_freight.building import dbt_run
from green_freight.settings import PROJECT

from tests.conftest import RARE_COLLECTIONS

if TYPE_CHECKING:
    from tests.conftest import Warehouse

LINTER = f"import gc; gc.set_threshold(*{RARE_COLLECTIONS}); from sqlfluff.cli.commands import cli; cli()"


def test_the_models_keep_the_style(warehouse: Warehouse) -> None:
    with dbt_run.environment(warehouse):
        linted = subprocess.run(
            [sys.executable, "-c", LINTER, "lint", "--nocolor", "dbt_project/models"],
            cwd=PROJECT,
            capture_output=True,
            text=True,
            check=False,
        )
    assert linted.returncode == 0, linted.stdout + linted.stderr
