-- One row per key work of the plan, with the task it belongs to and the units that answer for it.
with works as (
    select * from {{ ref('plan_key_work') }}
),

programme as (
    select * from {{ ref('programme') }}
),

tasks as (
    select * from {{ ref('plan_task') }}
),

responsibilities as (
    select * from {{ ref('plan_responsibility') }}
),

units as (
    select * from {{ ref('plan_unit') }}
),

responsible as (
    select
        responsibilities.city_code,
        responsibilities.work_no,
        string_agg(units.name_zh, '、' order by responsibilities.stated_order)
        filter (where responsibilities.role_code = 'lead') as lead_units_zh,
        string_agg(units.name_en, '; ' order by responsibilities.stated_order)
        filter (where responsibilities.role_code = 'lead') as lead_units_en,
        string_agg(units.name_zh, '、' order by responsibilities.stated_order)
        filter (where responsibilities.role_code = 'co_responsible') as co_responsible_units_zh,
        string_agg(units.name_en, '; ' order by responsibilities.stated_order)
        filter (where responsibilities.role_code = 'co_responsible') as co_responsible_units_en
    from responsibilities
    inner join units
        on
            responsibilities.city_code = units.city_code
            and responsibilities.unit_code = units.unit_code
    group by responsibilities.city_code, responsibilities.work_no
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
        works.co_responsible_statement_code,
        responsible.lead_units_zh,
        responsible.lead_units_en,
        responsible.co_responsible_units_zh,
        responsible.co_responsible_units_en
    from works
    inner join tasks
        on
            works.city_code = tasks.city_code
            and works.task_no = tasks.task_no
    inner join programme on works.city_code = programme.city_code
    left join responsible
        on
            works.city_code = responsible.city_code
            and works.work_no = responsible.work_no
)

select * from final
