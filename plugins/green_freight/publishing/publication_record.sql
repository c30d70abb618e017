-- The record of a publication.

-- name: stale_agencies
-- An agency is stale when a delivery failed or was missing the last time it was asked for, or broke its contract as a
-- whole when it was last loaded.
select newest.agency_code
from (
    select distinct on (f.agency_code, f.delivery_name, f.period_label) f.agency_code, f.outcome_code
    from ops.fetch as f
    order by f.agency_code, f.delivery_name, f.period_label, f.fetch_id desc
) as newest
where newest.outcome_code in ('failed_transient', 'failed_permanent', 'not_delivered')
union
select newest.agency_code
from (
    select distinct on (l.dataset_id, l.period_label) l.agency_code, l.outcome_code
    from ops.load as l
    order by l.dataset_id, l.period_label, l.load_id desc
) as newest
where newest.outcome_code = 'stopped'
order by agency_code

-- name: publication
insert into mart.publication (
    publication_no, published_at, kind_code, reason, as_of_date, code_version, build_id, run_id, stale_agencies,
    verdict_passed_count, verdict_warning_count, reverted_to, approved_by, approved_at, approval_reason
)
select
    %(publication_no)s,
    -- Never before the one that it follows, even if the server's clock was put back.
    greatest(
        clock_timestamp(),
        (select max(p.published_at) + interval '1 microsecond' from mart.publication as p)
    ),
    r.kind_code, r.reason, %(as_of_date)s, %(code_version)s, %(build_id)s, r.run_id, %(stale_agencies)s::text[],
    %(verdict_passed_count)s, %(verdict_warning_count)s, %(reverted_to)s, %(approved_by)s, %(approved_at)s,
    %(approval_reason)s
from ops.run as r
where r.run_id = %(run_id)s

-- name: audited_tables
-- The tables that a publication of a build may change: those made since the last published build, and those that a revert
-- changed since; a null stands for all of them.
with published as (
    select s.build_id, s.stands_since
    from ops.published_state as s
    where s.build_id is not null and s.build_id <> %(build_id)s
    order by s.stands_since desc nulls last, s.build_id desc
    limit 1
)

select m.model as table_name
from ops.build as b
cross join lateral unnest(coalesce(b.built_models, cast(array[null] as text[]))) as m (model)
where b.build_id > coalesce((select build_id from published), 0) and b.build_id <= %(build_id)s
union
select c.table_name
from mart.publication_table_change as c
inner join mart.publication as p on c.publication_no = p.publication_no
where p.published_at > (select stands_since from published)

-- name: build
-- A build and the counts of its audit.
select b.build_id, b.run_id, b.outcome_code, b.as_of_date, b.changed_months, b.through_load_id, b.code_version,
    count(v.*) filter (where v.is_success) as passed,
    count(v.*) filter (where not v.is_success and v.severity_code = 'warning') as warnings,
    count(v.*) filter (where not v.is_success and v.severity_code = 'critical') as failures
from ops.build as b
left join ops.verdict as v on v.build_id = b.build_id
where b.build_id = %s
group by b.build_id
