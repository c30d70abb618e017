-- What a step of a run has to do.

-- name: landed
select delivery_name, period_label from ops.fetch
where run_id = %(run_id)s and agency_code = %(agency)s and outcome_code in ('landed', 'unchanged')
union
select file.delivery_name, file.period_label from ops.source_file as file
where file.agency_code = %(agency)s
  and not exists (
      select from ops.load
      where load.agency_code = file.agency_code
        and load.delivery_name = file.delivery_name
        and load.period_label = file.period_label
        and load.finished_at >= file.last_received_at
  )
order by 1, 2

-- name: last_night
select max(business_day) from ops.run
where kind_code = 'nightly' and run_id <> %s and outcome_code in ('published', 'unchanged')
