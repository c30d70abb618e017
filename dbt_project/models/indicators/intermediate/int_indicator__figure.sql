-- One row per indicator and month: numerator, denominator and value, all summed from the evidence rows.
with months as (
    select * from {{ ref('int_indicator__month') }}
),

indicators as (
    select * from {{ ref('dim_indicator') }}
),

evidence as (
    select * from {{ ref('fct_indicator_evidence') }}
),

availability as (
    select * from {{ ref('int_indicator__availability') }}
),

parts as (
    select
        city_code,
        indicator_code,
        period_month,
        sum(case when part_code = 'numerator' then weight else 0 end) as numerator,
        sum(case when part_code = 'denominator' then weight else 0 end) as denominator
    from evidence
    group by city_code, indicator_code, period_month
),

-- A register that was delivered and holds nothing to count gives 0; one that never came gives no figure.
counted as (
    select
        months.city_code,
        months.period_month,
        indicators.indicator_code,
        indicators.measure_kind_code,
        coalesce(availability.has_data, false) as has_data,
        case when availability.has_data then coalesce(parts.numerator, 0) end as numerator,
        case
            when availability.has_data and indicators.measure_kind_code = 'ratio'
                then coalesce(parts.denominator, 0)
        end as denominator
    from months
    inner join indicators on months.city_code = indicators.city_code
    left join availability
        on
            months.city_code = availability.city_code
            and months.period_month = availability.period_month
            and indicators.indicator_code = availability.indicator_code
    left join parts
        on
            months.city_code = parts.city_code
            and months.period_month = parts.period_month
            and indicators.indicator_code = parts.indicator_code
),

final as (
    select
        city_code,
        indicator_code,
        period_month,
        cast(numerator as numeric(20, 6)) as numerator,
        cast(denominator as numeric(20, 6)) as denominator,
        cast(case
            when measure_kind_code = 'ratio' then round(numerator / nullif(denominator, 0), 6)
            else numerator
        end as numeric(20, 6)) as actual_value,
        case
            when not has_data then 'no_data'
            when denominator = 0 then 'zero_denominator'
        end as null_reason_code
    from counted
)

select * from final
