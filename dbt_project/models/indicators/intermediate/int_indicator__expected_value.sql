-- One row per indicator and month: the year's target and what is expected by the as-of day.
with months as (
    select * from {{ ref('int_indicator__month') }}
),

indicators as (
    select * from {{ ref('dim_indicator') }}
),

targets as (
    select * from {{ ref('fct_indicator_target') }}
),

with_targets as (
    select
        months.city_code,
        months.period_month,
        months.as_of_day,
        months.is_year_over,
        months.days_elapsed,
        months.days_of_year,
        months.programme_begins_on,
        indicators.indicator_code,
        indicators.target_kind,
        coalesce(targets.judged_by_code, 'none') as judged_by_code,
        targets.target_value,
        targets.due_on,
        coalesce(previous_targets.target_value, 0) as previous_target_value
    from months
    inner join indicators on months.city_code = indicators.city_code
    left join targets
        on
            months.city_code = targets.city_code
            and months.year = targets.year
            and indicators.indicator_code = targets.indicator_code
    left join targets as previous_targets
        on
            months.city_code = previous_targets.city_code
            and months.year = previous_targets.year + 1
            and indicators.indicator_code = previous_targets.indicator_code
),

-- round() of a numeric rounds halves away from zero: half up for whole things that are never negative.
final as (
    select
        city_code,
        indicator_code,
        period_month,
        as_of_day,
        is_year_over,
        judged_by_code,
        target_value,
        due_on,
        cast(case
            when target_kind = 'yearly_addition' then round(target_value * days_elapsed / days_of_year)
            when target_kind in ('cumulative_stock', 'stock_at_period_end')
                then round(
                    previous_target_value
                    + (target_value - previous_target_value) * days_elapsed / days_of_year
                )
            -- It accumulates from the programme's first day to the target's date, not within a year.
            when target_kind = 'cumulative_ratio'
                then round(
                    target_value
                    * (as_of_day - programme_begins_on + 1)
                    / (due_on - programme_begins_on + 1),
                    6
                )
            else target_value
        end as numeric(20, 6)) as expected_value
    from with_targets
)

select * from final
