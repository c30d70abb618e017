-- What stands beside the figures that readers see.

-- name: published_build
-- The last published build: the publication's, or a later build's that changed nothing. An audit that is run again is not
-- compared with itself.
select s.build_id, s.stands_since, s.is_revert, b.as_of_date, b.changed_months, b.through_load_id
from ops.published_state as s
inner join ops.build as b on s.build_id = b.build_id
where s.build_id <> %(build_id)s
order by s.stands_since desc nulls last, s.build_id desc
limit 1

-- name: results
-- What its audit found.
select
    v.table_name, v.expectation_code, v.expectation_type, v.column_name, v.severity_code, v.is_success, v.observed_value,
    v.unexpected_count, coalesce(v.sample, '[]') as sample, v.message_zh, v.message_en, v.failing_rows, v.rule_hash,
    v.evaluated_build_id
from ops.verdict as v
where v.build_id = %(build_id)s

-- name: changes_since
-- What differs now from what an audit has read: `relation` is null where a build may have made every table. Of `mart`, what
-- was published since, by the audited build as well: its audit has compared it with the publication before.
select 'candidate.' || m.model as relation
from ops.build as b
cross join lateral unnest(coalesce(b.built_models, cast(array[null] as text[]))) as m (model)
where b.build_id > %(published)s and b.build_id <= %(build_id)s
union
select 'mart.' || c.table_name
from mart.publication_table_change as c
inner join mart.publication as p on c.publication_no = p.publication_no
where p.published_at >= %(stands_since)s
union
select r.relation
from ops.load as l
cross join lateral (values ('ops.load'), ('ops.source_file'), ('ops.rejected_row'), ('raw.' || l.dataset_id)) as r (relation)
where l.load_id > %(through_load_id)s and l.outcome_code in ('loaded', 'unchanged')

-- name: raw_was_as_built
-- Whether no load came between a build and its publication: with one, its audit did not compare with `raw`.
select not exists (
    select l.load_id
    from ops.load as l
    where l.load_id > %(through_load_id)s and l.outcome_code = 'loaded' and l.finished_at <= %(stands_since)s
)

-- name: audited_build
select as_of_date, changed_months from ops.build where build_id = %(build_id)s
