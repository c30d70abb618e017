-- One row per indicator, region and month of the programme: the figure, its parts, target and status.
with statuses as (
    select * from {{ ref('int_indicator__status') }}
),

months as (
    select * from {{ ref('int_indicator__month') }}
),

indicators as (
    select * from {{ ref('dim_indicator') }}
),

availability as (
    select * from {{ ref('int_indicator__availability') }}
),

final as (
    select
        statuses.city_code,
        statuses.indicator_code,
        -- The plan sets its targets for the city as a whole.
        statuses.city_code as region_code,
        statuses.period_month,
        indicators.work_no,
        indicators.indicator_name_zh,
        indicators.indicator_name_en,
        months.year,
        indicators.target_kind,
        cast(statuses.target_value as numeric(20, 6)) as target_value,
        cast(statuses.expected_value as numeric(20, 6)) as expected_value,
        cast(statuses.actual_value as numeric(20, 6)) as actual_value,
        cast(statuses.numerator as numeric(20, 6)) as numerator,
        cast(statuses.denominator as numeric(20, 6)) as denominator,
        cast(statuses.completion_ratio as numeric(20, 6)) as completion_ratio,
        statuses.null_reason_code,
        statuses.status_code,
        availability.completeness_ratio,
        -- A figure of which something due is missing has not come to its end, however old it is.
        case
            when availability.completeness_ratio < 1 then 'provisional'
            else months.revision_state_code
        end as revision_state_code,
        months.as_of_day as as_of_date,
        coalesce(availability.is_stale, true) as is_stale,
        {{ is_synthetic() }} as is_synthetic
    from statuses
    inner join months
        on
            statuses.city_code = months.city_code
            and statuses.period_month = months.period_month
    inner join indicators
        on
            statuses.city_code = indicators.city_code
            and statuses.indicator_code = indicators.indicator_code
    left join availability
        on
            statuses.city_code = availability.city_code
            and statuses.indicator_code = availability.indicator_code
            and statuses.period_month = availability.period_month
)

select * from final
