-- One row per indicator and month: its figure compared with target and expected value.
with figures as (
    select * from {{ ref('int_indicator__figure') }}
),

expectations as (
    select * from {{ ref('int_indicator__expected_value') }}
),

-- Comparisons take numerator and denominator as they are: a rounded ratio could pass a target it misses.
compared as (
    select
        figures.city_code,
        figures.indicator_code,
        figures.period_month,
        figures.numerator,
        figures.denominator,
        figures.actual_value,
        figures.null_reason_code,
        expectations.as_of_day,
        expectations.is_year_over,
        expectations.judged_by_code,
        expectations.target_value,
        expectations.expected_value,
        expectations.due_on,
        figures.numerator >= expectations.target_value * coalesce(figures.denominator, 1)
            as is_target_reached,
        figures.numerator >= expectations.expected_value * coalesce(figures.denominator, 1)
            as is_expectation_reached
    from figures
    inner join expectations
        on
            figures.city_code = expectations.city_code
            and figures.indicator_code = expectations.indicator_code
            and figures.period_month = expectations.period_month
),

final as (
    select
        city_code,
        indicator_code,
        period_month,
        numerator,
        denominator,
        actual_value,
        null_reason_code,
        target_value,
        expected_value,
        cast(case
            when null_reason_code is null and target_value > 0
                then round(numerator / (target_value * coalesce(denominator, 1)), 6)
        end as numeric(20, 6)) as completion_ratio,
        case
            when judged_by_code = 'none' then 'no_target'
            when actual_value is null then 'no_data'
            when judged_by_code = 'milestone' and actual_value > 0
                then case when is_year_over then 'met' else 'on_track' end
            when judged_by_code = 'milestone'
                then case when as_of_day < due_on then 'not_due' else 'not_met' end
            when is_year_over then case when is_target_reached then 'met' else 'not_met' end
            when is_expectation_reached then 'on_track'
            else 'behind'
        end as status_code
    from compared
)

select * from final
