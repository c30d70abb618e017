-- One row per month and hour of the day in which charging began.
select
    session.period_month,
    to_char(session.period_month, 'YYYY-MM') as month_label,
    to_char(session.started_at at time zone 'Asia/Shanghai', 'HH24') as hour_label,
    count(*) as session_count,
    sum(session.energy_kwh) as energy_kwh
from mart.fct_charging_session as session
group by 1, 2, 3
