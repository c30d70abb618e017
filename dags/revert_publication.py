"""
### Revert publication · 回退发布

**What it does.** Publishes the state of an earlier publication again, as a new publication. Nothing is lost: what
was published in between stays in the history and under `mart_asof`. 将旧发布的状态作为新发布再次发布，历史不丢失。

**When to use it.** When something wrong was published and readers must not see it while it is being corrected. The
table `mart.publication` lists what there is to go back to.

**Afterwards.** What was reverted does not return by itself: a night or backfill that would publish it again waits for an
approval at its task `approve`. Have the source corrected, or approve. 已回退的数值若再次出现，须经批准。

**If it is red.** Nothing was published; the log says why (no such publication, another run between its build and
its publication). Clear the task to try again.
"""

from airflow.sdk import DAG, Param
from green_freight import airflow_tasks as steps

with DAG(
    dag_id="revert_publication",
    dag_display_name="Revert publication · 回退发布",
    description="将旧发布的状态作为新发布再次发布 · Publishes the state of an earlier publication again.",
    doc_md=__doc__,
    schedule=None,
    start_date=steps.PROGRAMME_BEGINS,
    catchup=False,
    max_active_runs=1,
    tags=["green-freight", "revert"],
    default_args=steps.DEFAULT_ARGUMENTS,
    params={
        "publication": Param(
            1,
            type="integer",
            minimum=1,
            title="Publication · 发布号",
            description="The publication to go back to. 回退到哪次发布。",
        ),
        "reason": Param(
            "",
            type="string",
            minLength=1,
            title="Reason · 原因",
            description="Kept with the publication. 随发布保存。",
        ),
    },
):
    steps.revert_publication()
