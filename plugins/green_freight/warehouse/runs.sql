-- The record of runs in ops.run.

-- name: begin
insert into ops.run (run_id, kind_code, business_day, reason, code_version)
values (%s, %s, %s, %s, %s)
on conflict (run_id) do update
set kind_code = excluded.kind_code, business_day = excluded.business_day,
    reason = excluded.reason, code_version = excluded.code_version,
    finished_at = null, outcome_code = null, failed_tasks = '{}'

-- name: close
insert into ops.run as run (run_id, kind_code, code_version, finished_at, outcome_code, failed_tasks)
values (
    %(run_id)s, %(kind_code)s, %(code_version)s, clock_timestamp(), %(otherwise)s, %(failed_tasks)s::text[]
)
on conflict (run_id) do update
set finished_at = coalesce(run.finished_at, excluded.finished_at),
    failed_tasks = excluded.failed_tasks,
    outcome_code = coalesce(
        run.outcome_code,
        (
            select build.outcome_code from ops.build
            where build.run_id = excluded.run_id and build.outcome_code = 'published'
              and build.build_id = (
                  select max(newest.build_id) from ops.build as newest where newest.run_id = excluded.run_id
              )
        ),
        excluded.outcome_code
    )
