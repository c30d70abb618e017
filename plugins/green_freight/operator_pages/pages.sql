-- What the pages show, each in the order of display.

-- name: years
select distinct year from mart.scorecard order by year desc

-- name: publication
select publication_no, published_at, as_of_date, age_hours, stale_agencies, verdict_warning_count
from mart.current_publication

-- name: scorecard
select
    work_no, work_name_zh, work_name_en, lead_units_zh, lead_units_en, indicator_name_zh, indicator_name_en,
    unit_zh, unit_en, target_display, expected_display, actual_display, completion_display,
    status_code, status_name_zh, status_name_en, status_trend_name_zh, status_trend_name_en,
    revision_state_name_zh, revision_state_name_en, null_reason_name_zh, null_reason_name_en,
    period_month, is_stale, is_synthetic
from mart.scorecard
where year = %(year)s
order by work_no, display_order

-- name: coverage
select
    coverage.agency_code, agency.name_zh as agency_name_zh, agency.name_en as agency_name_en,
    coverage.dataset_id, dataset.name_zh as dataset_name_zh, dataset.name_en as dataset_name_en,
    coverage.period_month, coverage.as_of_date, coverage.state_code, coverage.parts_due, coverage.parts_delivered,
    coverage.parts_not_delivered, coverage.missing_labels, coverage.rows_loaded, coverage.rows_rejected, coverage.loads_stopped,
    coverage.revision_state_code
from ops.coverage as coverage
left join reference.dataset as dataset on coverage.dataset_id = dataset.dataset_id
left join ops.agency as agency on coverage.agency_code = agency.code
order by coverage.agency_code, coverage.dataset_id, coverage.period_month

-- name: newest_audit
select max(build_id) from ops.verdict

-- name: build
select build.build_id, build.run_id, build.as_of_date, build.outcome_code, build.finished_at
from ops.build as build
where build.build_id = %(build_id)s

-- name: verdicts
select
    table_name, expectation_code, case when is_success then 'passed' else severity_code end as result_code, change_code,
    coalesce(unexpected_count, 0) as unexpected_count, coalesce(new_count, 0) as new_count,
    coalesce(resolved_count, 0) as resolved_count, message_zh, message_en, coalesce(sample, '[]') as sample
from ops.verdict
where build_id = %(build_id)s
order by
    is_success, severity_code, array_position(array['new', 'growing', 'standing', 'resolved'], change_code),
    table_name, expectation_code

-- name: publications
select
    publication.publication_no, publication.published_at, publication.kind_code, publication.as_of_date,
    publication.reason, publication.run_id, publication.build_id, publication.stale_agencies,
    publication.verdict_warning_count, publication.approved_by, publication.approval_reason, publication.code_version,
    coalesce(revision.figures, 0) as figures, coalesce(revision.restated, 0) as restated
from mart.publication as publication
left join (
    select
        publication_no, count(*) filter (where cause_codes <> '{first}') as figures,
        count(*) filter (where is_restatement) as restated
    from mart.figure_revision
    group by publication_no
) as revision using (publication_no)
where %(number)s::bigint is null or publication.publication_no = %(number)s
order by publication.publication_no desc
limit 200

-- name: revisions
select
    indicator_code, indicator_name_zh, indicator_name_en, region_code, period_month, old_actual_value, new_actual_value,
    old_status_code, new_status_code, is_restatement, cause_codes, reason
from mart.figure_revision
where publication_no = %(number)s and cause_codes <> '{first}'
order by is_restatement desc, indicator_code, region_code, period_month
limit 500

-- name: changed_tables
select table_name, rows_added, rows_changed, rows_removed from mart.publication_table_change
where publication_no = %(number)s
order by table_name

-- name: changed_months
select table_name, period_month, old_rows, new_rows, false as is_to_approve from ops.fact_revision
where publication_no = %(number)s
order by table_name, period_month

-- name: run
select run_id, kind_code, business_day, outcome_code, failed_tasks, started_at, finished_at, reason from ops.run
where run_id = %(run_id)s

-- name: run_results
select
    (select max(build_id) from ops.verdict where run_id = %(run_id)s) as build_id,
    (select max(publication_no) from mart.publication where run_id = %(run_id)s) as publication_no

-- name: found_changes
select
    indicator_code, indicator_name_zh, indicator_name_en, region_code, period_month, old_actual_value, new_actual_value,
    old_status_code, new_status_code, is_restatement, cause_codes, null::text as reason
from ops.figure_change
where run_id = %(run_id)s and cause_codes <> '{first}'
order by is_restatement desc, indicator_code, region_code, period_month
limit 500

-- name: found_months
select table_name, period_month, old_rows, new_rows, cardinality(approval_codes) > 0 as is_to_approve
from ops.fact_change
where run_id = %(run_id)s
order by table_name, period_month
