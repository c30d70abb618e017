-- What changed since the last published build, and since the build that the candidate holds.

-- name: loads_since
select load_id, dataset_id, period_label, affected_months, outcome_code = 'loaded' as took_rows from ops.load
where outcome_code in ('loaded', 'unchanged') and load_id > %s
order by load_id

-- name: is_nightly_after_a_night
-- Whether a build is one of a nightly run, or of none, and no revert came after the last build that was published.
select
    not exists (
        select r.run_id from ops.run as r
        where r.run_id = %(run_id)s and r.kind_code <> 'nightly'
    )
    and not coalesce((select p.reverted_to is not null from mart.publication as p order by p.publication_no desc limit 1), false)

-- name: take_mark
with taken as (
    delete from intermediate.candidate_state returning fingerprint, build_id
)
select build.build_id, build.through_load_id, build.as_of_date
from taken
inner join ops.build as build on taken.build_id = build.build_id
where taken.fingerprint = %s

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
