"""Two DAGs with the names and parameters of the real ones that only wait: for testing how they are driven."""

import os
import time
from datetime import datetime
from pathlib import Path

from airflow.sdk import DAG, CronDataIntervalTimetable, Param, get_current_context, task
from green_freight.periods import SHANGHAI, business_day
from green_freight.warehouse import Warehouse, runs

DEFAULT_ARGUMENTS = {"owner": "test", "retries": 0}


@task
def begin(kind: str) -> None:
    """Record the run, as the real DAGs do."""
    context = get_current_context()
    run = context["dag_run"]
    interval_start = context.get("data_interval_start")
    day = business_day(interval_start) if interval_start else datetime.now(SHANGHAI).date()
    runs.begin(Warehouse.from_settings(), f"{run.dag_id}/{run.run_id}", kind, day, reason="test")


@task(pool="transport")
def month(number: int) -> int:
    """Wait as long as the test says, then leave a trace of this attempt."""
    time.sleep(float(os.environ.get("TEST_TASK_SECONDS", "0.1")))
    with Path(os.environ["GREEN_FREIGHT_HOME"], "trace").open("a") as trace:
        trace.write(f"{number}\n")
    if os.environ.get("TEST_FAILS"):
        raise ValueError("the test wants this task to fail")
    return number


with DAG(
    dag_id="backfill_history",
    schedule=None,
    start_date=datetime(2023, 1, 1, tzinfo=SHANGHAI),
    default_args=DEFAULT_ARGUMENTS,
    params={"from_month": Param("2023-01"), "reason": Param("", type="string")},
):
    begin("backfill") >> month.expand(number=[1, 2, 3])

with DAG(
    dag_id="nightly_refresh",
    schedule=CronDataIntervalTimetable("0 2 * * *", timezone="Asia/Shanghai"),
    start_date=datetime(2023, 1, 1, 2, tzinfo=SHANGHAI),
    catchup=False,
    default_args=DEFAULT_ARGUMENTS,
):
    begin("nightly") >> month(4)
