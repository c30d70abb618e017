-- One row per charging station and month: sessions, energy, and the share of its piles' time that was used.
with sessions as (
    select
        city_code, station_key, period_month, count(*) as session_count, sum(energy_kwh) as energy_kwh,
        sum(extract(epoch from ended_at - started_at)) / 60 as charging_minutes, sum(total_fee_yuan) as fee_yuan
    from mart.fct_charging_session
    group by city_code, station_key, period_month
),

piles as (
    select city_code, station_key, count(*) as pile_count from mart.dim_pile group by city_code, station_key
)

select
    sessions.period_month,
    station.station_name,
    region.region_name_zh,
    station.longitude_gcj02 as longitude,
    station.latitude_gcj02 as latitude,
    piles.pile_count,
    sessions.session_count,
    sessions.energy_kwh,
    sessions.charging_minutes,
    sessions.fee_yuan,
    piles.pile_count * 1440 * (
        least(newest.as_of_date, (sessions.period_month + interval '1 month - 1 day')::date)
        - sessions.period_month + 1
    ) as available_minutes
from sessions
cross join mart.current_publication as newest
inner join mart.dim_station as station using (city_code, station_key)
inner join piles using (city_code, station_key)
left join mart.dim_region as region using (city_code, region_code)
