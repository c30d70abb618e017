"""The record of runs: one row per run, begun and finished by the caller."""

from __future__ import annotations

from datetime import date

from green_freight import settings
from green_freight.messages import message
from green_freight.warehouse import lease
from green_freight.warehouse.connection import Warehouse


def begin(
    warehouse: Warehouse, run_id: str, kind_code: str, business_day: date, reason: str | None = None
) -> None:
    """Record that a run began, as the loader; one that was cleared keeps its first start and loses its old end."""
    with warehouse.connect("loader") as loader:
        loader.execute(
            """
            insert into ops.run (run_id, kind_code, business_day, reason, code_version)
            values (%s, %s, %s, %s, %s)
            on conflict (run_id) do update
            set kind_code = excluded.kind_code, business_day = excluded.business_day,
                reason = excluded.reason, code_version = excluded.code_version,
                finished_at = null, outcome_code = null
            """,
            [run_id, kind_code, business_day, reason, settings.code_version()],
        )


def finish(warehouse: Warehouse, run_id: str, outcome_code: str) -> None:
    """Record how a run ended and give back its lease on the candidate; LookupError where it never began."""
    with warehouse.connect("loader") as loader:
        found = loader.execute(
            "update ops.run set finished_at = clock_timestamp(), outcome_code = %s where run_id = %s",
            [outcome_code, run_id],
        )
        if not found.rowcount:
            raise LookupError(message("no_such_run", run_id=run_id))
    lease.release(warehouse, run_id, role="loader")
