-- Returns each published numerator or denominator that the weights of its evidence rows do not sum to.
with figures as (
    select * from {{ ref('fct_indicator_value') }}
    where region_code = city_code and null_reason_code is distinct from 'no_data'
),

evidence as (
    select
        city_code,
        indicator_code,
        period_month,
        sum(case when part_code = 'numerator' then weight else 0 end) as numerator,
        sum(case when part_code = 'denominator' then weight else 0 end) as denominator
    from {{ ref('fct_indicator_evidence') }}
    group by city_code, indicator_code, period_month
),

final as (
    select
        figures.indicator_code,
        figures.period_month,
        figures.numerator,
        figures.denominator
    from figures
    left join evidence
        on
            figures.city_code = evidence.city_code
            and figures.indicator_code = evidence.indicator_code
            and figures.period_month = evidence.period_month
    where
        figures.numerator != coalesce(evidence.numerator, 0)
        or figures.denominator != coalesce(evidence.denominator, 0)
        or figures.numerator is null
)

select * from final
