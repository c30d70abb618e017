-- One row per key work of the plan, with the task it belongs to.
with works as (
    select * from {{ ref('plan_key_work') }}
),

programme as (
    select * from {{ ref('programme') }}
),

tasks as (
    select * from {{ ref('plan_task') }}
),

final as (
    select
        works.city_code,
        works.work_no,
        works.name_zh as work_name_zh,
        works.name_en as work_name_en,
        works.task_no,
        tasks.name_zh as task_name_zh,
        tasks.name_en as task_name_en,
        works.plan_text_zh,
        works.co_responsible_statement_code
    from works
    inner join tasks
        on
            works.city_code = tasks.city_code
            and works.task_no = tasks.task_no
    inner join programme on works.city_code = programme.city_code
)

select * from final
