"""
### Backfill history · 历史回补

**What it does.** Loads the months you name from the agencies you name, side by side within each agency's pool;
then one build of what changed, one audit, one publication. 按月并行回补，一次建模、一次审核、一次发布。

**When to use it.** For the first load of a new installation, for months that an agency sends again, after a
contract has changed. For one day use `nightly_refresh`.

**If it is red.** A month that fails stops the publication: nothing of the backfill is visible then. The log of
the red month names file and reason; clear that month with *downstream* and the run goes on where it stopped.
Months that are loaded already are recognised by their content and cost nothing.
"""

from datetime import datetime

from airflow.sdk import DAG, Param
from green_freight import airflow_tasks as steps
from green_freight.periods import SHANGHAI
from green_freight.settings import AGENCIES

with DAG(
    dag_id="backfill_history",
    dag_display_name="Backfill history · 历史回补",
    doc_md=__doc__,
    schedule=None,
    start_date=datetime(2023, 1, 1, tzinfo=SHANGHAI),
    catchup=False,
    max_active_runs=1,
    tags=["green-freight", "backfill"],
    default_args=steps.DEFAULT_ARGUMENTS,
    params={
        "from_month": Param("2023-01", pattern=r"^\d{4}-\d{2}$", title="From month · 起始月份"),
        "to_month": Param("2023-12", pattern=r"^\d{4}-\d{2}$", title="To month, included · 截止月份（含）"),
        "agencies": Param(
            list(AGENCIES),
            type="array",
            items={"type": "string", "enum": list(AGENCIES)},
            title="Agencies · 部门",
            description="transport 交通运输, commerce 商务, postal 邮政, power 供电",
        ),
        "reason": Param(
            "",
            type="string",
            minLength=1,
            title="Reason · 原因",
            description="Kept with the publication. 随发布保存。",
        ),
        "business_day": Param(
            None,
            type=["null", "string"],
            format="date",
            title="As of · 截至日",
            description="The last day that may be loaded; empty: yesterday. 留空为昨日。",
        ),
    },
):
    begin = steps.begin_backfill()
    agencies = [steps.backfill_agency(agency) for agency in AGENCIES]
    build = steps.build_candidate.override(trigger_rule="none_failed")()
    publish = steps.publish_candidate()

    begin >> agencies >> build >> steps.audit_candidate() >> publish >> steps.report()
