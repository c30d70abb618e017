-- A build and the counts of its audit.

-- name: build
select b.build_id, b.run_id, b.outcome_code, b.as_of_date, b.changed_months, b.through_load_id, b.code_version,
    count(v.*) filter (where v.is_success) as passed,
    count(v.*) filter (where not v.is_success and v.severity_code = 'warning') as warnings,
    count(v.*) filter (where not v.is_success and v.severity_code = 'critical') as failures
from ops.build as b
left join ops.verdict as v on v.build_id = b.build_id
where b.build_id = %s
group by b.build_id
