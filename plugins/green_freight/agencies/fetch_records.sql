-- The record of fetches in ops.

-- name: known
select source_file_key, delivery_name as delivery, period_label as period, file_name, bytes, delivered_at,
    sha256, landing_url
from ops.source_file
where agency_code = %s

-- name: store_file
-- What arrives later is later, also where this machine's clock was set back meanwhile: it follows every file of the
-- period. A time of delivery that is this clock's own goes with it.
with arrival as (
    select greatest(
        %(received_at)s,
        (
            select max(last_received_at) + interval '1 microsecond' from ops.source_file
            where agency_code = %(agency)s and delivery_name = %(delivery)s and period_label = %(period)s
                and source_file_key <> %(key)s
        )
    ) as at
)

insert into ops.source_file as stored (
    source_file_key, agency_code, delivery_name, period_label, file_name, sha256, bytes, landing_url, version,
    delivered_at, first_received_at, last_received_at, complete_through, first_run_id
)
select
    %(key)s, %(agency)s, %(delivery)s, %(period)s, %(file_name)s, %(sha256)s, %(bytes)s, %(url)s, %(version)s,
    case when %(delivered_at)s = %(received_at)s then arrival.at else %(delivered_at)s end,
    arrival.at, arrival.at, %(complete_through)s, %(run_id)s
from arrival
on conflict (source_file_key) do update
set landing_url = excluded.landing_url, version = excluded.version, delivered_at = excluded.delivered_at,
    last_received_at = greatest(stored.last_received_at, excluded.last_received_at),
    complete_through = greatest(stored.complete_through, excluded.complete_through)

-- name: received_again
update ops.source_file
set last_received_at = greatest(last_received_at, %s), complete_through = greatest(complete_through, %s)
where source_file_key = %s

-- name: store_fetch
insert into ops.fetch (
    run_id, agency_code, delivery_name, period_label, outcome_code, file_name, bytes, sha256, seconds, attempts,
    error_code, error_message, started_at
)
values (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)

-- name: store_unplaced
insert into ops.unplaced_file (run_id, agency_code, connection_id, path, bytes, changed_at, example)
values (%s, %s, %s, %s, %s, %s, %s)
on conflict do nothing

-- name: corrections_known
-- The last day through whose night the agency's corrections are known: that of the last earlier night in which it
-- responded, else that of the first run that fetched a file.
select coalesce(
    (
        select max(run.business_day) from ops.fetch as fetched join ops.run using (run_id)
        where fetched.agency_code = %(agency)s and run.kind_code = 'nightly' and run.business_day < %(day)s
            and fetched.outcome_code in ('landed', 'unchanged')
            and fetched.period_label = run.business_day::text
    ),
    (
        select min(run.business_day) from ops.source_file as file join ops.run on file.first_run_id = run.run_id
        where file.agency_code = %(agency)s
    )
)

-- name: last_fetched
select fetched.period_label, max(run.business_day)
from ops.fetch as fetched join ops.run using (run_id)
where fetched.agency_code = %s and fetched.delivery_name = %s and fetched.outcome_code in ('landed', 'unchanged')
    and fetched.period_label between %s and %s
group by fetched.period_label

-- name: due
select distinct dataset.delivery_name, part.period_label, part.due_on
from ops.expected_part(%s) as part join ops.expected_dataset as dataset using (dataset_id)
where dataset.agency_code = %s

-- name: loaded
select delivery_name, period_label, dataset_id, max(complete_through)
from ops.load
where agency_code = %s and outcome_code in ('loaded', 'unchanged')
group by delivery_name, period_label, dataset_id
