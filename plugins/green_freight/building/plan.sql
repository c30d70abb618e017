-- What changed since the last published build.

-- name: loads_since
select dataset_id, period_label, affected_months from ops.load
where outcome_code = 'loaded' and load_id > %s
order by load_id

-- name: months_of_repushed_orders
with touched as (
    select 'power:' || start_charge_seq as session_key from raw.power_charge_order where _period = any(%(days)s)
    union
    select session_key from candidate.fct_charging_session where cast(pushed_on as text) = any(%(days)s)
)
select date_trunc('month', started_at)::date from raw.power_charge_order
where 'power:' || start_charge_seq in (select session_key from touched)
union
select period_month from candidate.fct_charging_session
where session_key in (select session_key from touched)
