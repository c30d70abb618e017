"""The steps of a backfill that a night does not have: its request, the dry run's copy, and loading months."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from green_freight import pipeline, revisions
from green_freight.agencies import fetch_plan
from green_freight.agencies.connection import Connection
from green_freight.backfill.part_runner import BackfillWork, run_part
from green_freight.backfill.parts import plan_parts
from green_freight.backfill.request import BackfillRequest
from green_freight.warehouse import Warehouse, runs, scratch
from green_freight.warehouse.state_copy import CopyProgress, copy_state

log = logging.getLogger(__name__)

# The kind of a run that shows what a backfill would change and changes nothing.
DRY_RUN = "backfill_dry_run"


def begin_backfill(warehouse: Warehouse, run_id: str, parameters: Mapping[str, Any]) -> BackfillRequest:
    """Check what a backfill is asked for, by the parameters of the DAG `backfill_history`, and record that it begins.

    Raises:
        BackfillRequestError: it cannot be carried out; the message says why.
    """
    request = BackfillRequest.of(parameters, pipeline.yesterday())
    runs.begin(warehouse, run_id, "backfill", request.until, request.reason)
    log.info("%s", request.sentence)
    return request


def begin_dry_run(warehouse: Warehouse, run_id: str, parameters: Mapping[str, Any]) -> scratch.Scratch:
    """Begin a backfill that shows its difference and changes nothing: on a copy of the warehouse, in a scratch.

    What killed dry runs left behind is dropped first.

    Raises:
        BackfillRequestError: it cannot be carried out; the message says why.
        ScratchError: the copy cannot be made.
    """
    request = BackfillRequest.of(parameters, pipeline.yesterday())
    runs.begin(warehouse, run_id, DRY_RUN, request.until, request.reason)
    scratch.drop_left_over(warehouse)
    trial = scratch.create(warehouse, run_id)
    rows = copy_state(warehouse, trial.warehouse, _log_copied)
    log.info(
        "试运行在副本 %s 中进行，已复制 %s 张表。 / The dry run works on a copy in %s; %s tables were copied.",
        trial.database,
        len(rows),
        trial.database,
        len(rows),
    )
    runs.begin(trial.warehouse, run_id, DRY_RUN, request.until, request.reason)
    return trial


def end_dry_run(warehouse: Warehouse, run_id: str) -> Path:
    """Keep what a dry run found in the warehouse's own record, drop its copy, and return the difference's file."""
    with scratch.named(warehouse, run_id).warehouse.connect("builder") as inside:
        comparison = revisions.saved_comparison(inside, run_id)
    with warehouse.connect("builder") as builder:
        revisions.save_comparison(builder, run_id, comparison)
    path = pipeline.write_comparison(warehouse, run_id, comparison)
    scratch.drop(warehouse, run_id)
    runs.finish(warehouse, run_id, "compared")
    return path


def backfill_months(
    warehouse: Warehouse, run_id: str, agency: str, parameters: Mapping[str, Any]
) -> list[list[str]]:
    """Return the months (`2023-01`) that a backfill loads of one agency, in groups of neighbours; none where it was
    not asked for."""
    request = BackfillRequest.of(parameters, pipeline.business_day_of(warehouse, run_id))
    return plan_parts(warehouse, run_id, agency, request)


def load_months(
    warehouse: Warehouse,
    run_id: str,
    agency: str,
    labels: Sequence[str],
    connections: Mapping[str, Connection],
    parameters: Mapping[str, Any] | None = None,
) -> dict[str, int]:
    """Fetch, land and load months of one agency, up to the run's last business day; return the counts.

    With the parameter `only_missing` just the periods that have no complete load are asked for. After an
    interruption it goes on where it stopped.

    Raises:
        AgencyUnavailableError, BrokenDeliveryError, LoadStoppedError: as the single steps do; what did come is loaded.
    """
    is_only_missing = bool((parameters or {}).get("only_missing"))
    work = BackfillWork(
        warehouse=warehouse,
        connections=connections,
        until=pipeline.business_day_of(warehouse, run_id),
        choose=fetch_plan.not_loaded if is_only_missing else fetch_plan.all_of,
        on_progress=pipeline.log_fetched,
    )
    return run_part(run_id, agency, labels, work)


def _log_copied(progress: CopyProgress) -> None:
    log.info("%s/%s %s: %s rows", progress.done, progress.total, progress.table, progress.rows)
