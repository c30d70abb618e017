"""
### Morning summary · 早报

**What it does.** At 06:30 Asia/Shanghai it sends what is published, which works are behind, which data are stale and what
waits for an approval to the robots and mail addresses that get alerts. 每日 06:30 发送早报：已发布、滞后、未更新、待批准。

**Whether it runs.** Only where `GREEN_FREIGHT_MORNING_SUMMARY` is 1; started by hand elsewhere, its task is skipped. 未启用时不运行。

**If it is red.** A robot or the mail server did not accept it; the log names which and why. Correct the setting and
clear the task: everybody gets the summary again. 未送达时按日志核对地址与密钥后清除任务重发。
"""

from airflow.sdk import DAG
from green_freight import airflow_tasks as steps

with DAG(
    dag_id="morning_summary",
    dag_display_name="Morning summary · 早报",
    description="每日早晨发送已发布、滞后、未更新和待批准的情况 · "
    "Sends every morning what is published, behind, stale and waiting.",
    doc_md=__doc__,
    schedule=steps.morning_schedule(),
    start_date=steps.PROGRAMME_BEGINS,
    catchup=False,
    max_active_runs=1,
    tags=["green-freight", "report"],
    default_args=steps.DEFAULT_ARGUMENTS,
):
    steps.send_morning_summary()
