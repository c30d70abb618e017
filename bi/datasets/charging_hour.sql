-- One row per month and hour of the day in which charging began.
with hours as (
    select period_month, start_hour, sum(session_count) as session_count, sum(energy_kwh) as energy_kwh
    from mart.charging_station_hour
    group by period_month, start_hour
)

select
    hours.period_month,
    to_char(hours.period_month, 'YYYY-MM') as month_label,
    lpad(hours.start_hour::text, 2, '0') as hour_label,
    hours.session_count,
    hours.energy_kwh
from hours
