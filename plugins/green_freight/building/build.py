"""One build of the candidate: raw tables and calendar ready, the plan, dbt, the record."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from psycopg import sql

from green_freight import settings
from green_freight.building import dbt_run
from green_freight.building.dbt_run import NodeProgress
from green_freight.building.plan import (
    BuildPlan,
    as_of_date_of,
    fingerprint,
    mark,
    mark_candidate,
    plan_build,
    take_mark,
)
from green_freight.building.working_calendar import warn_of_missing_notice, write_calendar
from green_freight.errors import PermanentError
from green_freight.loading.raw_tables import prepare_raw_tables
from green_freight.messages import message
from green_freight.warehouse import Session, Warehouse, raw_gate, scalar

log = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class BuildOutcome(BuildPlan):
    """One build of the candidate, as it was planned.

    `changed_months` are the first days of the months that the large facts replaced, `built_models` the tables that were
    built, `model_rows` the rows of each model that is a table, `warnings` the tests that failed with severity warn.
    """

    build_id: int
    built_models: tuple[str, ...] = ()
    model_rows: Mapping[str, int] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()


class BuildFailedError(PermanentError):
    """The candidate could not be built; the message names each failed model or test and what to do."""

    def __init__(self, build_id: int, failures: tuple[str, ...], log: Path) -> None:
        self.build_id, self.failures, self.log = build_id, failures, log
        listed = "\n".join(f"  - {failure}" for failure in failures)
        super().__init__(message("build_failed", build_id=build_id, log=log, failures=listed))


def log_progress(node: NodeProgress) -> None:
    """Log one finished node."""
    log.info("%s/%s %s %s (%.2f s)", node.done, node.total, node.name, node.status, node.seconds)


def build(
    warehouse: Warehouse,
    run_id: str,
    business_day: date,
    progress: Callable[[NodeProgress], None] = log_progress,
) -> BuildOutcome:
    """Build the candidate for a business day: whole, or the months that changed since the last publication.

    The caller holds the candidate's lease. Every build leaves a row in ops.build. Raises BuildFailedError where a model
    or a test of severity error failed; the next build makes the candidate whole again.
    """
    with warehouse.connect("builder") as builder:
        build_id = _begin(builder, run_id, business_day)
    try:
        with warehouse.connect("loader") as loader:
            prepare_raw_tables(loader)
        # From the plan to the end of dbt: one state of raw, of which through_load_id is the exact name.
        with raw_gate.closed(warehouse.url("builder"), f"build of {run_id}"):
            plan, done = _plan_and_run(warehouse, run_id, build_id, business_day, progress)
        with warehouse.connect("builder") as builder:
            rows = {} if done.failures else _model_rows(builder)
            _finish(builder, build_id, rows, done.failures, None if plan.is_full else done.built)
    except Exception as error:
        with warehouse.connect("builder") as builder:
            _finish(builder, build_id, {}, (f"{type(error).__name__}: {error}",))
        raise
    if done.failures:
        raise BuildFailedError(build_id, done.failures, dbt_run.log_path(warehouse) / "dbt.log")
    return BuildOutcome(
        **vars(plan), build_id=build_id, built_models=done.built, model_rows=rows, warnings=done.warnings
    )


def _plan_and_run(
    warehouse: Warehouse,
    run_id: str,
    build_id: int,
    business_day: date,
    progress: Callable[[NodeProgress], None],
) -> tuple[BuildPlan, dbt_run.DbtRun]:
    code = fingerprint(dbt_run.PROJECT)
    with warehouse.connect("builder") as builder:
        plan, wanted = _plan(builder, business_day, code, run_id)
        _record_plan(builder, build_id, plan, code)
        if plan.is_full:
            _drop_views(builder)
    warn_of_missing_notice(plan.as_of_date)
    if plan.is_full:
        with warehouse.connect("loader") as loader:
            write_calendar(loader, plan.as_of_date)
    changed = None if plan.is_full else plan.changed_inputs
    done = dbt_run.run_dbt(warehouse, _variables(plan), changed, progress)
    if not done.failures:
        with warehouse.connect("builder") as builder:
            mark_candidate(builder, wanted, build_id)
        log.info(message("build_done", built=len(done.built), kept=done.kept_count))
    return plan, done


def _plan(builder: Session, business_day: date, code: str, run_id: str) -> tuple[BuildPlan, str]:
    """Return the plan, and what the candidate is marked with when it is carried out."""
    as_of_date = as_of_date_of(builder, business_day)
    wanted = mark(builder, code, as_of_date)
    return plan_build(builder, as_of_date, take_mark(builder, wanted), run_id), wanted


def _drop_views(builder: Session) -> None:
    """Drop every view of dbt's: a full build makes them again.

    dbt replaces the seeds side by side, each with the views that read it. Two seeds that have a view in common waited
    for each other, and the build ended with a deadlock.
    """
    views = builder.execute(
        "select schemaname, viewname from pg_views where viewowner = current_user"
    ).fetchall()
    if views:
        names = sql.SQL(", ").join(sql.Identifier(*name) for name in views)
        builder.execute(sql.SQL("drop view {}").format(names))


def _variables(plan: BuildPlan) -> dict[str, object]:
    return {
        "as_of_date": plan.as_of_date.isoformat(),
        "changed_months": [month.isoformat() for month in plan.changed_months],
        "is_synthetic": settings.is_synthetic(),
    }


def _begin(builder: Session, run_id: str, business_day: date) -> int:
    statement = """
        insert into ops.build (run_id, as_of_date, code_version, started_at)
        values (%s, %s, %s, clock_timestamp()) returning build_id
        """
    return int(scalar(builder, statement, [run_id, business_day, settings.code_version()]))


def _record_plan(builder: Session, build_id: int, plan: BuildPlan, code: str) -> None:
    builder.execute(
        """
        update ops.build set as_of_date = %s, changed_months = %s, through_load_id = %s, model_fingerprint = %s
        where build_id = %s
        """,
        [plan.as_of_date, list(plan.changed_months), plan.through_load_id, code, build_id],
    )


def _finish(
    builder: Session,
    build_id: int,
    rows: dict[str, int],
    failures: tuple[str, ...],
    built: Sequence[str] | None = None,
) -> None:
    """Record how a build ended; `built` are the models that it made, None: it may have made each."""
    builder.execute(
        """
        update ops.build set outcome_code = %s, model_rows = %s, built_models = %s, error_message = %s,
            finished_at = clock_timestamp()
        where build_id = %s
        """,
        [
            "failed" if failures else "built",
            json.dumps(rows),
            None if built is None or failures else list(built),
            "\n".join(failures) or None,
            build_id,
        ],
    )


def _model_rows(builder: Session) -> dict[str, int]:
    """Return the rows of every table of the candidate."""
    tables = builder.execute(
        "select tablename from pg_tables where schemaname = 'candidate' order by tablename"
    ).fetchall()
    count = sql.SQL("select count(*) from {}")
    return {name: scalar(builder, count.format(sql.Identifier("candidate", name))) for (name,) in tables}
