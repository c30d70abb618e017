{{
    config(
        materialized='incremental',
        incremental_strategy='replace_periods',
        on_schema_change='append_new_columns',
        indexes=[{'columns': ['period_month']}]
    )
}}

with statistics as (
    select * from {{ ref('int_charging__pile_statistics') }}
    where {{ is_period_to_build('period_month') }}
),

sessions as (
    select * from {{ ref('fct_charging_session') }}
    where {{ is_period_to_build('period_month') }}
),

session_days as (
    select
        city_code,
        period_month,
        business_date,
        pile_key,
        min(station_key) as station_key,
        sum(energy_kwh) as session_energy_kwh,
        count(*) as session_count
    from sessions
    group by city_code, period_month, business_date, pile_key
),

final as (
    select
        coalesce(statistics.city_code, session_days.city_code) as city_code,
        coalesce(statistics.period_month, session_days.period_month) as period_month,
        coalesce(statistics.energy_date, session_days.business_date) as energy_date,
        coalesce(statistics.pile_key, session_days.pile_key) as pile_key,
        coalesce(session_days.station_key, statistics.station_key) as station_key,
        statistics.stats_energy_kwh,
        coalesce(session_days.session_energy_kwh, 0) as session_energy_kwh,
        cast(coalesce(session_days.session_count, 0) as integer) as session_count
    from statistics
    full outer join session_days
        on
            statistics.city_code = session_days.city_code
            and statistics.energy_date = session_days.business_date
            and statistics.pile_key = session_days.pile_key
)

select * from final
