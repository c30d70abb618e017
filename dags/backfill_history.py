"""
### Backfill history · 历史回补

**What it does.** Loads the months you name from the agencies you name, side by side within each agency's pool;
then one build of what changed, one audit, one comparison with what is published, one publication.
按月并行回补，一次构建、一次审核、一次比较、一次发布。

**When to use it.** For the first load of a new installation, for months that an agency sends again, after a
contract has changed. For one day use `nightly_refresh`. First as a **dry run**: it works on a copy, its task
`compare` shows every figure that would change and why, and nothing is changed; `publish` stays pink.

**`approve` waits** when a verdict met / not met would flip, a final figure changes, or much of a month of a large
table changes or vanishes: open it, *Required Actions*, read the changes, approve or reject, and say why.
须批准时任务 `approve` 等待：在 Required Actions 中查看并批准。

**If it is red.** A month that fails stops the publication: nothing of the backfill is visible then. The log of
the red month names file and reason; clear that month with *downstream* and the run goes on where it stopped.
Months that are loaded already are recognised by their content and cost nothing. A second backfill waits for the
first one; a night beside it waits between its build and its publication.
"""

from airflow.sdk import DAG, Param
from green_freight import airflow_tasks as steps
from green_freight.agencies import AGENCIES

with DAG(
    dag_id="backfill_history",
    dag_display_name="Backfill history · 历史回补",
    description="按月回补所选单位的历史数据，审核后一次性发布 · "
    "Loads chosen months of chosen agencies and publishes them together.",
    doc_md=__doc__,
    schedule=None,
    start_date=steps.PROGRAMME_BEGINS,
    catchup=False,
    max_active_runs=1,
    tags=["green-freight", "backfill"],
    default_args=steps.DEFAULT_ARGUMENTS,
    params={
        "from_month": Param(
            f"{steps.PROGRAMME_BEGINS:%Y-%m}", pattern=r"^\d{4}-\d{2}$", title="From month · 起始月份"
        ),
        "to_month": Param(
            f"{steps.PROGRAMME_BEGINS:%Y}-12",
            pattern=r"^\d{4}-\d{2}$",
            title="To month, included · 截止月份（含）",
        ),
        "agencies": Param(
            list(AGENCIES),
            type="array",
            items={"type": "string", "enum": list(AGENCIES)},
            title="Agencies · 单位",
            description=", ".join(f"{code} {agency.name_zh}" for code, agency in AGENCIES.items()),
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
        "only_missing": Param(
            False,
            type="boolean",
            title="Only what is missing · 仅补缺失",
            description="Fetch only periods without a complete load. 只取尚未完整装载的期次。",
        ),
        "events_from": Param(
            None,
            type=["null", "string"],
            pattern=r"^\d{4}-\d{2}$",
            title="Daily events from · 每日数据起始月",
            description="Daily events of earlier months are left out; empty: all are loaded. "
            "更早月份的每日数据不取；留空则全部取。",
        ),
        "dry_run": Param(
            False,
            type="boolean",
            title="Dry run · 试运行",
            description="Work on a copy and show the difference; nothing is changed. 在副本上运行，只显示差异，不作任何改变。",
        ),
        "approve": Param(
            None,
            type=["null", "string"],
            title="Approve in advance: why · 预先批准的理由",
            description="Empty: a change that needs an approval waits for it. 留空：须批准的变化将等待批准。",
        ),
        "approval_wait_hours": Param(
            steps.APPROVAL_WAIT_HOURS,
            type="number",
            minimum=0,
            title="Hours to wait for an approval · 等待批准的小时数",
            description="0: fail instead of waiting. 0 为不等待，直接失败。",
        ),
    },
):
    begin = steps.begin_backfill()
    agencies = [steps.backfill_agency(agency) for agency in AGENCIES]
    build = steps.build_candidate.override(trigger_rule="none_failed")()
    publish = steps.publish_candidate()

    compare = steps.compare_candidate()
    approve = steps.ask_for_approval()

    begin >> agencies >> build >> steps.audit_candidate() >> compare >> approve >> publish >> steps.report()
