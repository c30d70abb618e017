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

-- A work stands as its worst indicator: not met or behind, then without data, then on track or met; where
-- nothing of it is reached yet, not due before without a target.
works as (
    select
        city_code,
        work_no,
        year,
        max(as_of_date) as as_of_date,
        count(*) as indicator_count,
        sum(case when status_code = 'met' then 1 else 0 end) as met_count,
        sum(case when status_code = 'not_met' then 1 else 0 end) as not_met_count,
        sum(case when status_code = 'on_track' then 1 else 0 end) as on_track_count,
        sum(case when status_code = 'behind' then 1 else 0 end) as behind_count,
        sum(case when status_code = 'not_due' then 1 else 0 end) as not_due_count,
        sum(case when status_code = 'no_target' then 1 else 0 end) as no_target_count,
        sum(case when status_code = 'no_data' then 1 else 0 end) as no_data_count,
        sum(case when is_stale then 1 else 0 end) as stale_count
    from scores
    group by city_code, work_no, year
),

judged_works as (
    select
        *,
        case
            when not_met_count + behind_count > 0 then 'lagging'
            when no_data_count > 0 then 'no_data'
            when on_track_count + met_count > 0 then 'reached'
            when not_due_count > 0 then 'not_due'
            else 'no_target'
        end as work_status_code
    from works
),

final as (
    select
        responsibilities.city_code,
        responsibilities.unit_code,
        units.unit_name_zh,
        units.unit_name_en,
        units.display_order,
        judged_works.year,
        responsibilities.role_code,
        count(*) as work_count,
        sum(case when judged_works.work_status_code = 'reached' then 1 else 0 end) as reached_work_count,
        sum(case when judged_works.work_status_code = 'lagging' then 1 else 0 end) as lagging_work_count,
        sum(case when judged_works.work_status_code = 'no_data' then 1 else 0 end) as no_data_work_count,
        sum(case when judged_works.work_status_code = 'not_due' then 1 else 0 end) as not_due_work_count,
        sum(case when judged_works.work_status_code = 'no_target' then 1 else 0 end) as no_target_work_count,
        cast(sum(judged_works.indicator_count) as bigint) as indicator_count,
        cast(sum(judged_works.met_count) as bigint) as met_count,
        cast(sum(judged_works.not_met_count) as bigint) as not_met_count,
        cast(sum(judged_works.on_track_count) as bigint) as on_track_count,
        cast(sum(judged_works.behind_count) as bigint) as behind_count,
        cast(sum(judged_works.not_due_count) as bigint) as not_due_count,
        cast(sum(judged_works.no_target_count) as bigint) as no_target_count,
        cast(sum(judged_works.no_data_count) as bigint) as no_data_count,
        cast(sum(judged_works.stale_count) as bigint) as stale_count,
        max(judged_works.as_of_date) as as_of_date,
        {{ is_synthetic() }} as is_synthetic
    from responsibilities
    inner join units
        on
            responsibilities.city_code = units.city_code
            and responsibilities.unit_code = units.unit_code
    inner join judged_works
        on
            responsibilities.city_code = judged_works.city_code
            and responsibilities.work_no = judged_works.work_no
    group by
        responsibilities.city_code,
        responsibilities.unit_code,
        units.unit_name_zh,
        units.unit_name_en,
        units.display_order,
        judged_works.year,
        responsibilities.role_code
)

select * from final
