"""Replaying one publication: files verified, rebuilt in a scratch database by its own code, compared, recorded."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from green_freight import settings
from green_freight.building import dbt_run
from green_freight.landing import LandingStore
from green_freight.messages import message
from green_freight.replaying.checkout import Code, code_of
from green_freight.replaying.recipe import (
    Progress,
    ProgressCallback,
    Recipe,
    ReplayError,
    recipe_of,
    verify_landing,
)
from green_freight.replaying.replay_diff import TableComparison, compare
from green_freight.warehouse import Warehouse, pin, scratch

_STEP = "green_freight.replaying.step"
# The step's process ends with the replay's, also where that one is killed and can end nothing.
_WITH_ITS_PARENT = ("setpriv", "--pdeathsig", "KILL", "--")


@dataclass(frozen=True)
class ReplayOutcome:
    """What a replay found: every published table with its hashes."""

    replay_id: int
    recipe: Recipe
    tables: tuple[TableComparison, ...]
    warnings: tuple[str, ...]

    @property
    def is_equal(self) -> bool:
        """Tell whether every table was rebuilt as it was published."""
        return all(table.is_equal for table in self.tables)


def replay(
    warehouse: Warehouse,
    publication_no: int,
    on_progress: ProgressCallback = lambda _: None,
    *,
    running: Path = settings.PROJECT,
) -> ReplayOutcome:
    """Rebuild a publication in a scratch database and compare it with what readers saw of it.

    The warehouse is only read, but for the row in ops.replay. A publication that published an old state again is
    rebuilt as that state. `running` is the project whose code is running.

    Raises ReplayError, which says why the publication cannot be rebuilt, ScratchError where it is being replayed
    already, and SettingMissingError where the URL of a role is not set.
    """
    recipe = recipe_of(warehouse, publication_no)
    replay_id = _begin_record(warehouse, recipe)
    try:
        verify_landing(
            recipe.loads,
            LandingStore(warehouse.landing_url),
            lambda done, total: on_progress(Progress("verify", done, total)),
        )
        scratch.drop_left_over(warehouse)
        empty = scratch.create_bare(warehouse, f"replay_{publication_no}")
        rebuilt = empty.warehouse
        with scratch.dropped_afterwards(warehouse, empty):
            with code_of(recipe.code_version, rebuilt.home / "code", running=running) as code:
                warnings = _rebuild(warehouse, recipe, code, rebuilt, on_progress)
            tables = _compare(warehouse, publication_no, rebuilt, on_progress)
    except BaseException as error:
        _end_record(warehouse, replay_id, error=f"{type(error).__name__}: {error}")
        raise
    _end_record(warehouse, replay_id, tables)
    return ReplayOutcome(replay_id, recipe, tables, warnings)


def _begin_record(warehouse: Warehouse, recipe: Recipe) -> int:
    """Note in ops.replay that a replay begins, as the owner; return its number."""
    with warehouse.connect("owner") as owner:
        row = owner.execute(
            "insert into ops.replay (publication_no, code_version) values (%s, %s) returning replay_id",
            [recipe.publication_no, recipe.code_version],
        ).fetchone()
    assert row is not None
    return int(row[0])


def _end_record(
    warehouse: Warehouse, replay_id: int, tables: Sequence[TableComparison] = (), error: str | None = None
) -> None:
    """Note how the tables compared, or why nothing could be compared."""
    names = ("table", "rows_published", "rows_rebuilt", "hash_published", "hash_rebuilt")
    found = [{name: getattr(table, name) for name in names} for table in tables]
    is_equal = all(table.is_equal for table in tables) if tables else None
    with warehouse.connect("owner") as owner:
        owner.execute(
            "update ops.replay set is_equal = %s, tables = %s, error_message = %s, finished_at = clock_timestamp()"
            " where replay_id = %s",
            [is_equal, json.dumps(found), error, replay_id],
        )


def _rebuild(
    warehouse: Warehouse, recipe: Recipe, code: Code, rebuilt: Warehouse, on_progress: ProgressCallback
) -> tuple[str, ...]:
    """Run the step of the code in a process of its own; return the build's warnings."""
    rebuilt.home.mkdir(parents=True, exist_ok=True)
    if code.project == settings.PROJECT:
        dbt_run.copy_parse(warehouse, rebuilt)
    recipe_file, result_file = rebuilt.home / "recipe.json", rebuilt.home / "result.json"
    recipe_file.write_text(recipe.as_json(), encoding="utf-8")
    log = warehouse.home / "logs" / f"replay_{recipe.publication_no}.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    with (
        log.open("wb") as errors,
        subprocess.Popen(
            [*_WITH_ITS_PARENT, str(code.python), "-P", "-m", _STEP, str(recipe_file), str(result_file)],
            stdout=subprocess.PIPE,
            stderr=errors,
            env=_environment(warehouse, recipe, code, rebuilt),
            cwd=rebuilt.home,
            encoding="utf-8",
            errors="replace",
        ) as process,
    ):
        try:
            assert process.stdout is not None
            for line in process.stdout:
                _pass_on(line, on_progress)
        except BaseException:
            process.kill()
            raise
    result: dict[str, Any] = (
        json.loads(result_file.read_text(encoding="utf-8")) if result_file.exists() else {}
    )
    if process.returncode or "error" in result:
        reason = result.get("error") or message("rebuild_process_failed", status=process.returncode)
        failed = message("rebuild_failed", publication_no=recipe.publication_no, log=log)
        raise ReplayError(f"{failed}\n{reason}")
    return tuple(result.get("warnings", ()))


def _environment(warehouse: Warehouse, recipe: Recipe, code: Code, rebuilt: Warehouse) -> Mapping[str, str]:
    """Return the environment in which the step works on the warehouse to rebuild."""
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    return kept | {settings.url_variable(role): url for role, url in rebuilt.urls.items()} | {
        "GREEN_FREIGHT_HOME": str(rebuilt.home),
        "GREEN_FREIGHT_LANDING_URL": warehouse.landing_url,
        "GREEN_FREIGHT_SYNTHETIC": "1" if recipe.is_synthetic else "0",
        "GREEN_FREIGHT_CODE_VERSION": code.version,
        "PYTHONPATH": code.python_path,
    }  # fmt: skip


def _pass_on(line: str, on_progress: ProgressCallback) -> None:
    try:
        on_progress(Progress(**json.loads(line)))
    except (ValueError, TypeError):
        # A library that prints in the step's process is no failure.
        print(line, end="", file=sys.stderr)


def _compare(
    warehouse: Warehouse, publication_no: int, rebuilt: Warehouse, on_progress: ProgressCallback
) -> tuple[TableComparison, ...]:
    tables: list[TableComparison] = []
    with warehouse.connect("builder") as published, rebuilt.connect("builder") as builder:
        pin(published, publication_no)
        for table in compare(published, builder):
            tables.append(table)
            on_progress(Progress("compare", len(tables), 0))
    if not tables:
        raise ReplayError(message("no_table_to_compare", publication_no=publication_no))
    return tuple(tables)
