-- One row per quarter and form item that an indicator of the plan answers: its figure of the quarter's
-- last month.
with quarters as (
    select * from {{ ref('int_quarterly_form__quarter') }}
),

figures as (
    select * from {{ ref('fct_indicator_value') }}
    where region_code = city_code
),

item_figures as (
    select
        city_code,
        period_month,
        case indicator_code
            when 'pile_vehicle_ratio' then 17
            when 'cold_vehicle_share' then 18
            when 'public_platform' then 28
            when 'enterprise_3a' then 29
        end as item_no,
        numerator
    from figures
    where indicator_code in ('pile_vehicle_ratio', 'cold_vehicle_share', 'public_platform', 'enterprise_3a')
    union all
    select
        city_code,
        period_month,
        19 as item_no,
        denominator as numerator
    from figures
    where indicator_code = 'cold_vehicle_share'
),

final as (
    select
        quarters.city_code,
        quarters.quarter_begins_on,
        item_figures.item_no,
        item_figures.numerator,
        cast(null as numeric(20, 6)) as denominator
    from quarters
    inner join item_figures
        on
            quarters.city_code = item_figures.city_code
            and quarters.last_month = item_figures.period_month
)

select * from final
