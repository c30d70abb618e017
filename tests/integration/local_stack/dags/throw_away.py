"""Two DAGs with the names and parameters of the real ones that only begin and wait: for testing how they are driven."""

import os
import signal
import time
from datetime import datetime
from pathlib import Path

from airflow.sdk import DAG, CronDataIntervalTimetable, Param, get_current_context, task
from green_freight import airflow_tasks as steps
from green_freight import business_days
from green_freight.periods import SHANGHAI
from green_freight.warehouse import Warehouse, runs

DEFAULT_ARGUMENTS = {**steps.DEFAULT_ARGUMENTS, "owner": "test", "retries": 0}


@task(task_id="begin")
def begin_backfill() -> None:
    """Record the run, as the real DAG does."""
    run = get_current_context()["dag_run"]
    day = business_days.yesterday()
    runs.begin(Warehouse.from_settings(), f"{run.dag_id}/{run.run_id}", "backfill", day, reason="test")


@task(pool="transport")
def month(number: int) -> int:
    """Wait as long as the test says, then leave a trace of this attempt."""
    end = get_current_context()["params"].get("end")
    if end == "killed":
        os.kill(os.getpid(), signal.SIGKILL)
    time.sleep(300 if end == "by hand" else float(os.environ.get("TEST_TASK_SECONDS", "0.1")))
    home = Path(os.environ["GREEN_FREIGHT_HOME"])
    with (home / "trace").open("a") as trace:
        trace.write(f"{number}\n")
    if (home / "fails").exists():
        raise ValueError("the test wants this task to fail")
    return number


with DAG(
    dag_id="backfill_history",
    schedule=None,
    start_date=datetime(2023, 1, 1, tzinfo=SHANGHAI),
    default_args=DEFAULT_ARGUMENTS,
    params={"from_month": Param("2023-01"), "reason": Param("", type="string")},
):
    begin_backfill() >> month.expand(number=[1, 2, 3])

with DAG(
    dag_id="nightly_refresh",
    schedule=CronDataIntervalTimetable("0 2 * * *", timezone="Asia/Shanghai"),
    start_date=datetime(2023, 1, 1, 2, tzinfo=SHANGHAI),
    catchup=False,
    default_args=DEFAULT_ARGUMENTS,
    deadline=steps.PUBLISHED_BY_MORNING,
    params={"business_day": Param(None, type=["null", "string"]), "end": Param("", type="string")},
):
    steps.begin_nightly() >> month(4)
