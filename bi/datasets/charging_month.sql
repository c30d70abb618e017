-- One row per charging station and month: sessions, energy, and the share of its piles' time that was used.
with piles as (
    select city_code, station_key, count(*) as pile_count from mart.dim_pile group by city_code, station_key
)

select
    months.period_month,
    station.station_name,
    region.region_name_zh,
    station.longitude_gcj02 as longitude,
    station.latitude_gcj02 as latitude,
    piles.pile_count,
    months.session_count,
    months.energy_kwh,
    months.charging_minutes,
    months.fee_yuan,
    piles.pile_count * 1440 * (
        least(newest.as_of_date, (months.period_month + interval '1 month - 1 day')::date) - months.period_month + 1
    ) as available_minutes
from mart.charging_station_month as months
cross join mart.current_publication as newest
inner join mart.dim_station as station using (city_code, station_key)
inner join piles using (city_code, station_key)
left join mart.dim_region as region using (city_code, region_code)
