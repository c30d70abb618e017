-- One row per milestone report of an indicator of the plan: for which years it can count.
with milestones as (
    select * from {{ ref('fct_milestone') }}
),

indicators as (
    select * from {{ ref('plan_indicator') }}
),

final as (
    select
        milestones.city_code,
        milestones.milestone_key,
        milestones.indicator_code,
        milestones.year,
        indicators.target_kind,
        milestones.achieved_on,
        milestones.reported_on,
        milestones.source_file_key,
        milestones.source_sheet,
        milestones.source_row_number
    from milestones
    inner join indicators
        on
            milestones.city_code = indicators.city_code
            and milestones.indicator_code = indicators.indicator_code
)

select * from final
