{{
    config(
        materialized='incremental',
        incremental_strategy='replace_periods',
        on_schema_change='append_new_columns',
        indexes=[{'columns': ['period_month']}]
    )
}}

-- One row per charging station and day with sessions, by the day of their start.
with sessions as (
    select * from {{ ref('fct_charging_session') }}
    where {{ is_period_to_build('period_month') }}
),

final as (
    select
        city_code,
        period_month,
        business_date,
        station_key,
        count(*) as session_count,
        cast(coalesce(sum(energy_kwh), 0) as numeric(18, 4)) as energy_kwh,
        cast(round(sum(extract(epoch from ended_at - started_at)) / 60, 2) as numeric(18, 2))
            as charging_minutes,
        cast(coalesce(sum(total_fee_yuan), 0) as numeric(18, 2)) as fee_yuan,
        count(distinct pile_key) as used_pile_count,
        {{ is_synthetic() }} as is_synthetic
    from sessions
    group by city_code, period_month, business_date, station_key
)

select * from final
