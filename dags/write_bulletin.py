"""
### Write bulletin · 生成通报

**What it does.** After each publication it writes the bulletin (Word) and its working table (Excel) of every month that is
now closed and has none. Each states the publication that closed its month; a bulletin that is there is never rewritten, also
not when its figures are restated: the next one lists that. 每次发布后，为新结账的月份生成通报和工作表；已生成的不重写，重述列入下期。

**Where the files are.** In the folder of `GREEN_FREIGHT_BULLETINS_URL`; the note of the run names them. 文件位置见运行备注。

**What you see.** `write` is pink where no month was closed, which is so on most days. 没有新结账月份时任务 `write` 跳过。

**If it is red.** The log says why: the office's template names something that there is not, or the folder cannot be written.
Correct it and clear the task; the next publication tries again as well. 更正后清除任务即可重试。
"""

from airflow.sdk import DAG
from green_freight import airflow_tasks as steps

with DAG(
    dag_id="write_bulletin",
    dag_display_name="Write bulletin · 生成通报",
    description="每次发布后生成新结账月份的通报和工作表 · "
    "Writes the bulletin of each month that a publication has closed.",
    doc_md=__doc__,
    schedule=[steps.PUBLICATION],
    start_date=steps.PROGRAMME_BEGINS,
    catchup=False,
    max_active_runs=1,
    tags=["green-freight", "report"],
    default_args=steps.DEFAULT_ARGUMENTS,
):
    steps.write_bulletins()
