"""Runs as Airflow's services see them, outside of any task: until when one has to publish, and how it ended.

Airflow's scheduler and api-server get both through `plugins/airflow_plugin.py`. The end of a run is taken from a
listener and not from a last task or a callback of the DAG: a task does not run where the ones before it were killed, a
callback is not called where a person ends the run, and it comes after the run's state is visible.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING, Any

from airflow.listeners import hookimpl

# The stub of airflow.sdk lacks it.
from airflow.sdk.definitions.deadline import BaseDeadlineReference

from green_freight import business_days
from green_freight.messages import message

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from green_freight.warehouse import Warehouse

log = logging.getLogger(__name__)

# The kind of run, as ops.run has it, by DAG.
KINDS = {"nightly_refresh": "nightly", "backfill_history": "backfill", "revert_publication": "revert"}
# It changes nothing in the warehouse, so it has a note and no record there.
BULLETINS = "write_bulletin"


class PublicationDeadline(BaseDeadlineReference):
    """The morning by which a run's business day has to be published, also where the run has no logical date."""

    required_kwargs = frozenset({"dag_id", "run_id"})

    def _evaluate_with(self, *, session: Session, dag_id: str, run_id: str) -> datetime | None:
        """Return the deadline of a run; None where no run can stand for its day, which its first task refuses."""
        from airflow.models import DagRun
        from sqlalchemy import select

        columns = DagRun.conf, DagRun.logical_date, DagRun.data_interval_start, DagRun.run_after
        chosen = select(*columns).where(DagRun.dag_id == dag_id, DagRun.run_id == run_id)
        run: Any = session.execute(chosen).one()
        asked = (run.conf or {}).get("business_day")
        try:
            day = business_days.of_run(asked, run.logical_date, run.data_interval_start, run.run_after)
        except business_days.BusinessDayError:
            return None
        return business_days.published_by(day)


class RunListener:
    """Records in ops.run that a run is resumed, and how it ended, and writes the run's note in Airflow.

    An unreachable warehouse stops no service.
    """

    @hookimpl
    def on_dag_run_running(self, dag_run: Any) -> None:
        """Reopen the record of a run that was cleared; one that begins is recorded by its first task."""
        from green_freight.warehouse import runs

        _record(dag_run, runs.reopen)

    @hookimpl
    def on_dag_run_success(self, dag_run: Any) -> None:
        """Record the end of a run that succeeded."""
        _close(dag_run, is_success=True)
        _note_bulletins(dag_run)

    @hookimpl
    def on_dag_run_failed(self, dag_run: Any) -> None:
        """Record the end of a run that failed, timed out, or was ended by a person."""
        _close(dag_run, is_success=False)
        _note_bulletins(dag_run)


def _close(dag_run: Any, *, is_success: bool) -> None:
    from green_freight.reporting import run_report
    from green_freight.warehouse import runs

    is_dry_run = bool((dag_run.conf or {}).get("dry_run"))
    kind = runs.DRY_RUN if is_dry_run else KINDS.get(dag_run.dag_id, "")

    def close(warehouse: Warehouse, run_id: str) -> None:
        failed = _failed_tasks(dag_run)
        runs.close(warehouse, run_id, kind, failed, is_success=is_success)
        if not _has_note_of_a_person(dag_run):
            dag_run.note = run_report.note(warehouse, run_id, failed)

    _record(dag_run, close)


def _note_bulletins(dag_run: Any) -> None:
    """Name in the run's note the files that it wrote, or say why there are none."""
    from green_freight.reporting import run_report

    if dag_run.dag_id == BULLETINS and not _has_note_of_a_person(dag_run):
        dag_run.note = run_report.bulletins_note(_files_written(dag_run), _failed_tasks(dag_run))


def _has_note_of_a_person(dag_run: Any) -> bool:
    return dag_run.dag_run_note is not None and dag_run.dag_run_note.user_id is not None


def _record(dag_run: Any, write: Callable[[Warehouse, str], None]) -> None:
    from green_freight.airflow_context import installed_warehouse

    if dag_run.dag_id not in KINDS:
        return
    run_id = f"{dag_run.dag_id}/{dag_run.run_id}"
    try:
        write(installed_warehouse(), run_id)
    except Exception:
        log.exception(message("run_end_not_recorded", run_id=run_id))


def _files_written(dag_run: Any) -> list[str]:
    """Return what the tasks of a run have returned; read in the session that Airflow has it in."""
    from airflow.models.xcom import XCOM_RETURN_KEY, XComModel
    from sqlalchemy.orm import object_session

    session = object_session(dag_run)
    if session is None:
        return []
    returned = XComModel.get_many(run_id=dag_run.run_id, key=XCOM_RETURN_KEY, dag_ids=dag_run.dag_id)
    return [place for row in session.scalars(returned) for place in XComModel.deserialize_value(row)]


def _failed_tasks(dag_run: Any) -> list[str]:
    """Return the tasks of a run that failed, by name; read in the session that Airflow has it in."""
    from airflow.models.taskinstance import TaskInstance
    from sqlalchemy import select
    from sqlalchemy.orm import object_session

    session = object_session(dag_run)
    if session is None:
        return []
    failed = select(TaskInstance.task_id).where(
        TaskInstance.dag_id == dag_run.dag_id,
        TaskInstance.run_id == dag_run.run_id,
        TaskInstance.state == "failed",
    )
    return sorted(set(session.scalars(failed)))
