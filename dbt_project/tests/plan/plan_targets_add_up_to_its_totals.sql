-- Returns each indicator whose yearly targets do not sum to the plan's total, where the plan states one.
-- A cumulative stock (1, 2, 3) has no total: adding it up would make 6 of 3.
with indicators as (
    select * from {{ ref('dim_indicator') }}
),

targets as (
    select
        city_code,
        indicator_code,
        sum(target_value) as target_sum
    from {{ ref('fct_indicator_target') }}
    group by city_code, indicator_code
),

final as (
    select
        indicators.indicator_code,
        indicators.plan_total_value,
        targets.target_sum
    from indicators
    left join targets
        on
            indicators.city_code = targets.city_code
            and indicators.indicator_code = targets.indicator_code
    where
        indicators.plan_total_value is not null
        and (
            targets.target_sum is distinct from indicators.plan_total_value
            or indicators.target_kind != 'yearly_addition'
        )
)

select * from final
