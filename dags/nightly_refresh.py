"""
### Nightly refresh · 每日更新

**What it does.** At 02:00 Asia/Shanghai it fetches the day before from every agency (and whatever earlier
day, form or record is missing, late, corrected or deleted), builds the candidate star, audits it, and publishes it in one
transaction. Readers see the old publication until the new one is whole. 每日 02:00 取数、装载、构建、审核、发布。

**What you see.** One group per agency (`fetch`, `load`), then `build`, `audit`, `compare`, `approve`, `publish`, `report`.
`warn_stale` runs only when some figures are older than they should be; pink means all agencies delivered.

| red task | what it means | what to do |
|---|---|---|
| `begin` | the business day that was typed is not over, or the warehouse cannot be reached; nothing else ran | read the last line of its log; start a run with a day that is over, or clear the task with *downstream* |
| `<agency>.fetch` | the agency did not respond or sent invalid data; its figures stay, marked stale | read the last line of its log; nothing else: the next night fetches what is missing. To get it today: clear that task with *downstream* |
| `<agency>.load` | a file breaks its contract as a whole; the old rows stay | the log names file, sheet, column; ask the agency for a corrected file, then clear the task with *downstream* |
| `build` | a model failed; nothing was published | the log names model and test; fix, then clear with *downstream* |
| `audit` | a critical expectation failed; nothing was published | the log lists each failed expectation with rows; when the data is right again, clear `build` with *downstream* |
| `approve` (waiting) | met or not met of a finished year, a final figure, or much of a month of a large table would change; readers keep the old publication | open it, *Required Actions*: read the figures, approve or reject, and say why |
| `publish` | readers still have the old publication, whole | the log says why (a breaking change of a table, a rebuilt candidate); clear `build` with *downstream* |

**Started by hand** it refreshes yesterday; `business_day` chooses an earlier day. 手动运行更新昨日，也可选择更早的业务日。

**Safe to repeat.** Any task, any day that is over, any number of times: the same deliveries give the same warehouse.
For a past range use `airflow backfill create --dag-id nightly_refresh --from-date … --to-date …`, or the DAG
`backfill_history`, which builds and publishes once. Alert: nothing published by 06:00.
"""

from datetime import timedelta

from airflow.sdk import DAG, CronDataIntervalTimetable, Param
from green_freight import airflow_tasks as steps
from green_freight.agencies import AGENCIES

with DAG(
    dag_id="nightly_refresh",
    dag_display_name="Nightly refresh · 每日更新",
    description="每晚从四家单位取数，审核后一次性发布 · "
    "Fetches the day before from every agency and publishes what passed the audit.",
    doc_md=__doc__,
    schedule=CronDataIntervalTimetable("0 2 * * *", timezone="Asia/Shanghai"),
    start_date=steps.PROGRAMME_BEGINS,
    catchup=False,
    max_active_runs=1,
    tags=["green-freight", "nightly"],
    default_args=steps.DEFAULT_ARGUMENTS,
    # A task that hangs must not keep the next night waiting.
    dagrun_timeout=timedelta(hours=22),
    deadline=steps.PUBLISHED_BY_MORNING,
    params={
        "business_day": Param(
            None,
            type=["null", "string"],
            format="date",
            title="Business day · 业务日",
            description="A day that is over; empty: the day of a scheduled run, yesterday for one started by hand. "
            "须为已结束的日期；留空时，定时运行为其所属日，手动运行为昨日。",
        )
    },
):
    begin = steps.begin_nightly()
    agencies = [steps.nightly_agency(agency) for agency in AGENCIES]
    build = steps.build_candidate.override(trigger_rule=steps.AFTER_ANY_OUTCOME)()
    publish = steps.publish_candidate()

    compare = steps.compare_candidate()
    approve = steps.ask_for_approval()

    begin >> [*(agency["load"] for agency in agencies), build]
    begin >> agencies >> build >> steps.audit_candidate() >> compare >> approve >> publish
    publish >> [steps.report(), steps.warn_stale()]
