-- One row per unit, year and role: the works it answers for, and their indicators by status.
with responsibilities as (
    select * from {{ ref('bridge_work_unit') }}
),

units as (
    select * from {{ ref('dim_unit') }}
),

scores as (
    select * from {{ ref('scorecard') }}
),

work_statuses as (
    select * from {{ ref('work_status') }}
),

-- A work stands as the first of its indicators in the order of the seed.
works as (
    select
        scores.city_code,
        scores.work_no,
        scores.year,
        (array_agg(work_statuses.work_status_code order by work_statuses.priority))[1] as work_status_code,
        max(scores.as_of_date) as as_of_date,
        count(*) as indicator_count,
        sum(case when scores.status_code = 'met' then 1 else 0 end) as met_count,
        sum(case when scores.status_code = 'not_met' then 1 else 0 end) as not_met_count,
        sum(case when scores.status_code = 'on_track' then 1 else 0 end) as on_track_count,
        sum(case when scores.status_code = 'behind' then 1 else 0 end) as behind_count,
        sum(case when scores.status_code = 'not_due' then 1 else 0 end) as not_due_count,
        sum(case when scores.status_code = 'no_target' then 1 else 0 end) as no_target_count,
        sum(case when scores.status_code = 'no_data' then 1 else 0 end) as no_data_count,
        sum(case when scores.is_stale then 1 else 0 end) as stale_count
    from scores
    inner join work_statuses on scores.status_code = work_statuses.status_code
    group by scores.city_code, scores.work_no, scores.year
),

final as (
    select
        responsibilities.city_code,
        responsibilities.unit_code,
        units.unit_name_zh,
        units.unit_name_en,
        units.display_order,
        works.year,
        responsibilities.role_code,
        count(*) as work_count,
        sum(case when works.work_status_code = 'reached' then 1 else 0 end) as reached_work_count,
        sum(case when works.work_status_code = 'lagging' then 1 else 0 end) as lagging_work_count,
        sum(case when works.work_status_code = 'no_data' then 1 else 0 end) as no_data_work_count,
        sum(case when works.work_status_code = 'not_due' then 1 else 0 end) as not_due_work_count,
        sum(case when works.work_status_code = 'no_target' then 1 else 0 end) as no_target_work_count,
        cast(sum(works.indicator_count) as bigint) as indicator_count,
        cast(sum(works.met_count) as bigint) as met_count,
        cast(sum(works.not_met_count) as bigint) as not_met_count,
        cast(sum(works.on_track_count) as bigint) as on_track_count,
        cast(sum(works.behind_count) as bigint) as behind_count,
        cast(sum(works.not_due_count) as bigint) as not_due_count,
        cast(sum(works.no_target_count) as bigint) as no_target_count,
        cast(sum(works.no_data_count) as bigint) as no_data_count,
        cast(sum(works.stale_count) as bigint) as stale_count,
        max(works.as_of_date) as as_of_date,
        {{ is_synthetic() }} as is_synthetic
    from responsibilities
    inner join units
        on
            responsibilities.city_code = units.city_code
            and responsibilities.unit_code = units.unit_code
    inner join works
        on
            responsibilities.city_code = works.city_code
            and responsibilities.work_no = works.work_no
    group by
        responsibilities.city_code,
        responsibilities.unit_code,
        units.unit_name_zh,
        units.unit_name_en,
        units.display_order,
        works.year,
        responsibilities.role_code
)

select * from final
