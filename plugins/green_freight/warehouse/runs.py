"""The record of runs: one row per run, begun by its first task and finished by what it came to."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from green_freight import settings
from green_freight.messages import message
from green_freight.warehouse import lease
from green_freight.warehouse.connection import Session, Warehouse
from green_freight.warehouse.statements import statements

_SQL = statements(__file__)

# The kind of a run that shows what a backfill would change and changes nothing.
DRY_RUN = "backfill_dry_run"

# A scheduler that waited longer for one record would not schedule meanwhile.
_LONGEST_WAIT = "10s"


def begin(
    warehouse: Warehouse, run_id: str, kind_code: str, business_day: date, reason: str | None = None
) -> None:
    """Record that a run began, as the loader; one that was cleared keeps its first start and loses its old end."""
    with warehouse.connect("loader") as loader:
        facts = [run_id, kind_code, business_day, reason, settings.code_version()]
        loader.execute(_SQL["begin"], facts)


def reopen(warehouse: Warehouse, run_id: str) -> None:
    """Record that a run goes on after its end, because some of its tasks were cleared; nothing where it never began."""
    with warehouse.connect("loader") as loader:
        _bound_wait(loader)
        loader.execute(
            "update ops.run set finished_at = null, outcome_code = null, failed_tasks = '{}'"
            " where run_id = %s and business_day is not null",
            [run_id],
        )


def finish(warehouse: Warehouse, run_id: str, outcome_code: str) -> None:
    """Record what a run came to and give back its lease on the candidate; LookupError where it never began.

    `outcome_code` is published, unchanged, compared or failed.
    """
    with warehouse.connect("loader") as loader:
        found = loader.execute(
            "update ops.run set finished_at = clock_timestamp(), outcome_code = %s where run_id = %s",
            [outcome_code, run_id],
        )
        if not found.rowcount:
            raise LookupError(message("no_such_run", run_id=run_id))
    lease.release(warehouse, run_id, role="loader")


def close(
    warehouse: Warehouse, run_id: str, kind_code: str, failed_tasks: Sequence[str], *, is_success: bool
) -> None:
    """Record that a run is over, whatever became of it, and give back its lease on the candidate.

    What the run itself has recorded (`finish`) stays. Else it was published if its newest build was; if not, it failed,
    or ended without a publication because a person marked it as successful. A run that never began gets a row without a
    business day.
    """
    facts = {
        "run_id": run_id, "kind_code": kind_code, "code_version": settings.code_version(),
        "failed_tasks": list(failed_tasks), "otherwise": "unpublished" if is_success else "failed",
    }  # fmt: skip
    with warehouse.connect("loader") as loader:
        _bound_wait(loader)
        loader.execute(_SQL["close"], facts)
        lease.release_within(loader, run_id)


def _bound_wait(session: Session) -> None:
    session.execute("select set_config('statement_timeout', %s, true)", [_LONGEST_WAIT])
