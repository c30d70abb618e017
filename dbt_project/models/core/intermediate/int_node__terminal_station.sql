-- Each month's file is the whole register, so the newest file is what is known.
with monthly as (
    select * from {{ ref('stg_postal__terminal_station') }}
),

newest as (
    select
        city_code,
        max(period_month) as period_month
    from monthly
    group by city_code
),

final as (
    select monthly.*
    from monthly
    inner join newest
        on
            monthly.city_code = newest.city_code
            and monthly.period_month = newest.period_month
)

select * from final
