"""The step that rebuilds, by whichever version of the code it belongs to: `python -m green_freight.replaying.step`.

It is given a recipe and leaves a candidate in an empty scratch database, to which the environment points as it
points to the warehouse elsewhere (GREEN_FREIGHT_<ROLE>_URL, _HOME, _LANDING_URL, _SYNTHETIC, _CODE_VERSION). Its
interface is small on purpose, so that later versions can still have old publications rebuilt:

    step RECIPE.json RESULT.json

Standard output is one JSON object a line, `{"stage": "load" | "build", "done": n, "total": n, "rows": n}`; the result
is `{"tables": [...], "warnings": [...]}`, or `{"error": "..."}` with exit status 1.
"""

from __future__ import annotations

import json
import logging
import sys
from pathlib import Path
from typing import Any

import psycopg

from green_freight.building import BuildFailedError, NodeProgress, build
from green_freight.contracts import contracts
from green_freight.landing import LandingStore
from green_freight.loading.dataset_load import Task, load_dataset
from green_freight.messages import message
from green_freight.periods import Period
from green_freight.publishing.specs import from_manifest_file
from green_freight.replaying.recipe import Progress, ProgressCallback, Recipe, RecordedLoad, ReplayError
from green_freight.warehouse import Session, Warehouse, bootstrap, runs, scratch
from green_freight.warehouse.migrate import migrate
from green_freight.warehouse.scratch import database_name

# The file that counted for the recorded load counts here, whatever else the agency has put there before or after:
# each load's file gets a higher version than the one before.
_FILE = """
insert into ops.source_file (
    source_file_key, agency_code, delivery_name, period_label, file_name, sha256, bytes, landing_url, version,
    delivered_at, first_received_at, last_received_at, complete_through, first_run_id
)
values (
    %(source_file_key)s, %(agency_code)s, %(delivery_name)s, %(period_label)s, %(file_name)s, %(sha256)s, %(bytes)s,
    %(landing_url)s, %(version)s, %(delivered_at)s, %(first_received_at)s, %(first_received_at)s,
    %(complete_through)s, %(run_id)s
)
on conflict (source_file_key) do update
set version = excluded.version, complete_through = excluded.complete_through
"""


def main(arguments: list[str]) -> int:
    """Rebuild from the recipe that the first argument names, write the result that the second names."""
    recipe_path, result_path = map(Path, arguments)
    logging.basicConfig(level=logging.INFO, stream=sys.stderr)
    recipe = Recipe.from_json(recipe_path.read_text(encoding="utf-8"))
    result: dict[str, Any]
    try:
        result = rebuild(Warehouse.from_settings(), recipe, _print)
    except (ReplayError, BuildFailedError, psycopg.Error) as error:
        result = {"error": f"{type(error).__name__}: {error}"}
    result_path.write_text(json.dumps(result, ensure_ascii=False), encoding="utf-8")
    return 1 if "error" in result else 0


def _print(progress: Progress) -> None:
    # In one write: dbt reports from several threads at once.
    sys.stdout.write(json.dumps(vars(progress)) + "\n")
    sys.stdout.flush()


def rebuild(warehouse: Warehouse, recipe: Recipe, on_progress: ProgressCallback) -> dict[str, Any]:
    """Give the empty scratch its schema, load the recipe's files again, build; return the names of the star's tables.

    Raises ReplayError: a load does not reproduce what was recorded of it; BuildFailedError: a model or a test failed.
    """
    with warehouse.connect("owner", autocommit=True) as owner:
        bootstrap.set_up_database(owner, database_name(warehouse), scratch.CONNECTING_ROLES)
        migrate(owner)
        bootstrap.store_registry(owner)
    runs.begin(warehouse, recipe.run_id, "replay", recipe.as_of_date)
    _load(warehouse, recipe, on_progress)

    def on_node(node: NodeProgress) -> None:
        on_progress(Progress("build", node.done, node.total))

    built = build(warehouse, recipe.run_id, recipe.as_of_date, on_node)
    tables = [spec.name for spec in from_manifest_file(warehouse.manifest_path)]
    return {"tables": tables, "warnings": list(built.warnings)}


def _load(warehouse: Warehouse, recipe: Recipe, on_progress: ProgressCallback) -> None:
    store = LandingStore(warehouse.landing_url)
    rows = 0
    with warehouse.connect("loader", autocommit=True) as loader:
        for number, recorded in enumerate(recipe.loads, start=1):
            rows += _load_again(loader, recipe, recorded, number, store)
            on_progress(Progress("load", number, len(recipe.loads), rows))


def _load_again(
    loader: Session, recipe: Recipe, recorded: RecordedLoad, number: int, store: LandingStore
) -> int:
    contract = contracts().get(recorded.dataset_id)
    if contract is None:
        raise ReplayError(message("no_contract_to_load_again", load=recorded))
    loader.execute(_FILE, {**vars(recorded), "version": number, "run_id": recipe.run_id})
    outcome = load_dataset(loader, Task(contract, Period(recorded.period_label), recipe.run_id, store, True))
    assert outcome is not None, recorded
    if outcome.error_message is not None:
        stopped = message("load_again_stopped", load=recorded)
        raise ReplayError(f"{stopped}\n{outcome.error_message}")
    again = (outcome.source_file_key, outcome.rows_loaded, outcome.rows_rejected)
    if again != (recorded.source_file_key, recorded.rows_loaded, recorded.rows_rejected):
        raise ReplayError(
            message("load_again_differs", load=recorded, outcome=outcome, version=contract.version)
        )
    return outcome.rows_loaded


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
