-- One row per milestone indicator and plan year with a report: the earliest of the year's milestone.
with reports as (
    select * from {{ ref('int_milestone__report') }}
),

targets as (
    select
        *,
        make_date(year, 12, 31) as year_ends_on
    from {{ ref('plan_target') }}
    where judged_by_code = 'milestone'
),

-- A one-off milestone shows its report from the year on in which it was reached; one that was reached after
-- its due date shows it in the year in which it was due.
belonging as (
    select
        targets.city_code,
        targets.indicator_code,
        targets.year,
        targets.year_ends_on,
        reports.achieved_on,
        coalesce(reports.reported_on, reports.achieved_on) as reported_on,
        row_number() over (
            partition by targets.city_code, targets.indicator_code, targets.year
            order by reports.achieved_on, reports.milestone_key
        ) as report_no
    from targets
    inner join reports
        on
            targets.city_code = reports.city_code
            and targets.indicator_code = reports.indicator_code
            and {{ milestone_belongs_to_year('reports', 'targets.year') }}
            and (targets.year_ends_on >= reports.achieved_on or targets.year_ends_on >= targets.due_on)
),

final as (
    select
        city_code,
        indicator_code,
        year,
        achieved_on as milestone_achieved_on,
        reported_on as milestone_reported_on,
        reported_on > year_ends_on as is_reported_after_year
    from belonging
    where report_no = 1
)

select * from final
