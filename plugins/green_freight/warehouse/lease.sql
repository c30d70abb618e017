-- The lease on the candidate.

-- name: lock_if_free
do $$
begin
    lock table ops.candidate_lease in share update exclusive mode nowait;
exception when lock_not_available then
    null;
end
$$

-- name: has_lock
select exists (
    select from pg_locks
    where relation = 'ops.candidate_lease'::regclass and mode = 'ShareUpdateExclusiveLock' and granted
      and pid = pg_backend_pid()
)

-- name: take
-- Without its step's lock it would be free again at once.
insert into ops.candidate_lease as held (run_id, acquired_at, expires_at)
values (%s, clock_timestamp(), clock_timestamp())
on conflict (is_the_only_row) do update
set run_id = excluded.run_id,
    acquired_at = case
        when held.run_id = excluded.run_id then held.acquired_at else excluded.acquired_at
    end,
    expires_at = excluded.expires_at
where held.run_id = excluded.run_id
    -- Nobody keeps it for longer than that: an end further away was written before the clock was set back.
    or held.expires_at not between clock_timestamp() and clock_timestamp() + %s

-- name: reserve
update ops.candidate_lease set expires_at = clock_timestamp() + %s where run_id = %s

-- name: holder
select held.run_id, held.acquired_at, held.expires_at,
    (
        select pid from pg_locks
        where relation = 'ops.candidate_lease'::regclass and mode = 'ShareUpdateExclusiveLock' and granted
          and database = (select oid from pg_database where datname = current_database())
        limit 1
    )
from ops.candidate_lease as held
