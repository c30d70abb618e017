-- The lease on the candidate.

-- name: acquire
insert into ops.candidate_lease as held (run_id, acquired_at, expires_at)
values (%s, clock_timestamp(), clock_timestamp() + %s)
on conflict (is_the_only_row) do update
set run_id = excluded.run_id,
    acquired_at = case
        when held.run_id = excluded.run_id then held.acquired_at else excluded.acquired_at
    end,
    expires_at = excluded.expires_at
where held.run_id = excluded.run_id or held.expires_at <= clock_timestamp()
