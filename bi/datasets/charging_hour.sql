-- One row per month and hour of the day in which charging began.
select
    charging.period_month,
    to_char(charging.period_month, 'YYYY-MM') as month_label,
    lpad(charging.start_hour::text, 2, '0') as hour_label,
    sum(charging.session_count) as session_count,
    sum(charging.energy_kwh) as energy_kwh
from mart.charging_station_hour as charging
group by 1, 2, 3
