-- One row per charging station and month with sessions, from the sums of its days.
with days as (
    select * from {{ ref('charging_station_day') }}
),

final as (
    select
        city_code,
        period_month,
        station_key,
        cast(sum(session_count) as bigint) as session_count,
        cast(sum(energy_kwh) as numeric(18, 4)) as energy_kwh,
        cast(sum(charging_minutes) as numeric(18, 2)) as charging_minutes,
        cast(sum(fee_yuan) as numeric(18, 2)) as fee_yuan,
        {{ is_synthetic() }} as is_synthetic
    from days
    group by city_code, period_month, station_key
)

select * from final
