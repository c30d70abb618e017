"""The DAG files as Airflow reads them: exactly these DAGs, and the wiring that an operator relies on."""

from __future__ import annotations

import importlib
import re
import shutil
from collections.abc import Iterator
from datetime import timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import psycopg
import pytest
from green_freight import airflow_runs, settings
from green_freight.agencies import AGENCIES
from green_freight.auditing.audit import AuditFailedError
from green_freight.backfill import BackfillRequestError
from green_freight.building.build import BuildFailedError
from green_freight.business_days import BusinessDayError
from green_freight.cli import dag_run
from green_freight.errors import ReasonMissingError
from green_freight.loading import LoadStoppedError
from green_freight.pipeline import UnknownRunError
from green_freight.publishing.errors import CandidateRebuiltError
from green_freight.reporting import run_report
from green_freight.revisions import ApprovalMissingError
from green_freight.settings import SettingMissingError
from green_freight.warehouse.lease import CandidateLeasedError

GROUP_TASKS = {
    "nightly_refresh": {f"{agency}.{step}" for agency in AGENCIES for step in ("fetch", "load")},
    "backfill_history": {f"{agency}.{step}" for agency in AGENCIES for step in ("months", "month")},
}
STEPS = {"begin", "build", "audit", "compare", "approve", "publish", "report"}


def _read(folder: Path) -> Any:
    from airflow.dag_processing.dagbag import DagBag

    return DagBag(dag_folder=str(folder), bundle_path=folder)


@pytest.fixture(scope="module")
def tasks() -> Any:
    """Import the tasks with Airflow, which every worker would import at its start if the module did."""
    from green_freight import airflow_tasks

    return airflow_tasks


@pytest.fixture(scope="module")
def bag(tasks: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """Read the project's DAG folder."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AIRFLOW_HOME", str(tmp_path_factory.mktemp("airflow")))
        yield _read(settings.PROJECT / "dags")


def test_exactly_these_dags_are_read_without_an_error(bag: Any) -> None:
    assert bag.import_errors == {}
    assert set(bag.dags) == {
        "nightly_refresh", "backfill_history", "revert_publication", "morning_summary", "write_bulletin",
    }  # fmt: skip


@pytest.mark.parametrize("dag_id", ["nightly_refresh", "backfill_history"])
def test_the_steps_are_these_and_explained(bag: Any, dag_id: str) -> None:
    dag = bag.dags[dag_id]
    warn = {"warn_stale"} if dag_id == "nightly_refresh" else set()
    assert set(dag.task_ids) == GROUP_TASKS[dag_id] | STEPS | warn
    assert dag.doc_md and "What it does" in dag.doc_md
    assert not dag.catchup and dag.max_active_runs == 1
    assert {task.owner for task in dag.tasks} == {"green-freight"}
    assert "green-freight" in dag.tags


@pytest.mark.parametrize("dag_id", ["nightly_refresh", "backfill_history"])
def test_nothing_is_published_that_was_not_built_audited_compared_and_approved(bag: Any, dag_id: str) -> None:
    dag = bag.dags[dag_id]
    order = ("build", "audit", "compare", "approve", "publish", "report")
    for before, step in pairwise(order):
        assert dag.get_task(step).upstream_task_ids == {before}
        assert dag.get_task(step).trigger_rule == "all_success"
    # The run's state is that of its last tasks: none of them may succeed when nothing was published.
    assert {leaf.trigger_rule for leaf in dag.leaves} == {"all_success"}


def test_an_agency_that_fails_stops_neither_its_own_loads_nor_the_night(bag: Any) -> None:
    dag = bag.dags["nightly_refresh"]
    # `begin` is the one success that they need: without it they are upstream_failed and nothing else turns red.
    assert dag.get_task("build").trigger_rule == "all_done_min_one_success"
    assert dag.get_task("build").upstream_task_ids == {"begin", *(f"{agency}.load" for agency in AGENCIES)}
    for agency in AGENCIES:
        assert dag.get_task(f"{agency}.load").trigger_rule == "all_done_min_one_success"
        assert dag.get_task(f"{agency}.load").upstream_task_ids == {"begin", f"{agency}.fetch"}
        assert dag.get_task(f"{agency}.fetch").pool == agency
        assert dag.get_task(f"{agency}.fetch").retries == 2


def test_a_night_that_hangs_ends_before_the_next_one_begins(bag: Any, tasks: Any) -> None:
    dag = bag.dags["nightly_refresh"]
    longest_wait = timedelta(hours=tasks.APPROVAL_WAIT_HOURS)
    assert longest_wait < dag.dagrun_timeout < timedelta(hours=24)


def test_a_month_that_fails_stops_a_backfill(bag: Any) -> None:
    dag = bag.dags["backfill_history"]
    assert dag.get_task("build").trigger_rule == "none_failed"
    assert dag.get_task("build").upstream_task_ids == {f"{agency}.month" for agency in AGENCIES}


def test_every_task_is_repeated_after_half_a_minute_and_longer(bag: Any) -> None:
    for dag in bag.dags.values():
        for task in dag.tasks:
            is_fetch = task.task_id.endswith((".fetch", ".month"))
            delay = settings.current().retry_delay_seconds if is_fetch else 30
            assert (task.retries, task.retry_delay) == (2 if is_fetch else 4, timedelta(seconds=delay)), task
            assert task.retry_exponential_backoff
            assert task.has_retry_policy


@pytest.mark.parametrize(
    ("error", "is_repeated"),
    [
        (ConnectionError("the api-server restarts"), True),
        (psycopg.OperationalError("the server closed the connection"), True),
        (psycopg.errors.DeadlockDetected(), True),
        (OSError("No space left on device"), True),
        (psycopg.errors.UndefinedTable(), False),
        (BuildFailedError(1, ("a model",), Path("dbt.log")), False),
        (AuditFailedError(), False),
        (ApprovalMissingError([]), False),
        (CandidateRebuiltError(), False),
        (CandidateLeasedError(), False),
        (LoadStoppedError([]), False),
        (BusinessDayError(), False),
        (BackfillRequestError(), False),
        (UnknownRunError(), False),
        (ReasonMissingError(), False),
        (SettingMissingError(), False),
        (KeyError("data_interval_start"), False),
    ],
    ids=lambda value: type(value).__name__,
)
def test_a_task_is_repeated_only_where_that_can_help(tasks: Any, error: Exception, is_repeated: bool) -> None:
    policy = tasks.DEFAULT_ARGUMENTS["retry_policy"]
    assert (policy.evaluate(error, 1, 4).action.value == "fail") is not is_repeated


def test_the_alert_of_06_00_leads_to_a_function(bag: Any) -> None:
    [deadline] = bag.dags["nightly_refresh"].deadline
    assert deadline.interval == timedelta(0)
    module, _, name = deadline.callback.path.rpartition(".")
    assert callable(getattr(importlib.import_module(module), name))


def test_the_morning_summary_is_scheduled_only_where_it_is_switched_on(
    bag: Any, tasks: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert set(bag.dags["morning_summary"].task_ids) == {"send"}
    assert tasks.morning_schedule() is None
    monkeypatch.setenv("GREEN_FREIGHT_MORNING_SUMMARY", "1")
    assert tasks.morning_schedule().expression == "30 6 * * *"


def test_bulletins_are_written_after_each_publication(bag: Any, tasks: Any) -> None:
    dag = bag.dags["write_bulletin"]
    assert dag.doc_md and "What it does" in dag.doc_md
    assert set(dag.task_ids) == {"write"}
    assert dag.timetable.asset_condition.objects == (tasks.PUBLICATION,)
    # Two runs at once would write the same files.
    assert dag.max_active_runs == 1 and not dag.catchup
    assert airflow_runs.BULLETINS == dag_run.BULLETINS == dag.dag_id and not set(airflow_runs.KINDS) - set(
        bag.dags
    )


def test_the_note_of_a_bulletins_run_says_what_became_of_it() -> None:
    places = [f"/bulletins/{month:02}.docx" for month in range(1, 4)]
    lines = run_report.bulletins_note(places, ["write"]).splitlines()
    assert "write" in lines[0] and "not every bulletin" in lines[0]
    assert all(f"{place} was written" in line for place, line in zip(places, lines[1:], strict=True))
    assert "none was written" in run_report.bulletins_note([], [])
    assert "none was written" not in run_report.bulletins_note([], ["write"])
    assert len(run_report.bulletins_note(places * 100, [])) == run_report.NOTE_LENGTH


def test_going_back_asks_which_publication_and_why(bag: Any) -> None:
    dag = bag.dags["revert_publication"]
    assert set(dag.task_ids) == {"revert"}
    assert dag.doc_md and "What it does" in dag.doc_md
    assert set(dag.params) == {"publication", "reason"}
    assert dag.get_task("revert").pool == "warehouse"


def test_the_command_line_knows_the_answer_that_approves(bag: Any) -> None:
    from green_freight.cli import backfill

    for name in ("nightly_refresh", "backfill_history"):
        task = bag.dags[name].get_task(backfill.APPROVE)
        assert task.options[0] == backfill.APPROVED
        assert "approval_reason" in task.params


def test_a_backfill_has_a_form_that_explains_itself(bag: Any) -> None:
    params = bag.dags["backfill_history"].params
    assert {"from_month", "to_month", "agencies", "reason", "dry_run", "only_missing", "approve"} <= set(
        params
    )
    for name in params:
        assert params.get_param(name).schema["title"].isascii() is False


def test_pools_are_those_that_the_stack_makes(bag: Any) -> None:
    from green_freight.cli import airflow_metadata

    used = {task.pool for dag in bag.dags.values() for task in dag.tasks} - {"default_pool"}
    assert used == set(airflow_metadata.POOLS)


def test_reading_would_show_a_broken_file(tmp_path: Path) -> None:
    shutil.copytree(settings.PROJECT / "dags", tmp_path, dirs_exist_ok=True)
    (tmp_path / "broken.py").write_text("from airflow.sdk import DAG\nDAG(dag_id='a b c!')\n")
    broken = _read(tmp_path)
    assert list(broken.import_errors) and "broken.py" in next(iter(broken.import_errors))


CHINESE = re.compile("[\u4e00-\u9fff]")


def test_dags_tasks_and_groups_are_named_in_both_languages(bag: Any) -> None:
    for dag in bag.dags.values():
        groups = [group for name, group in dag.task_group.get_task_group_dict().items() if name]
        names = [dag.description, dag.dag_display_name]
        names += [task.task_display_name for task in dag.tasks] + [
            group.group_display_name for group in groups
        ]
        assert all(CHINESE.search(name) and re.search("[A-Za-z]{4}", name) for name in names), names


def test_what_publishes_announces_it_to_other_dags(bag: Any, tasks: Any) -> None:
    announcing = {
        (dag.dag_id, task.task_id)
        for dag in bag.dags.values()
        for task in dag.tasks
        if tasks.PUBLISHED in task.outlets
    }
    assert announcing == {
        ("nightly_refresh", "publish"), ("backfill_history", "publish"), ("revert_publication", "revert"),
    }  # fmt: skip
