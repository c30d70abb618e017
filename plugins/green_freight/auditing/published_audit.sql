-- What stands beside the figures that readers see.

-- name: published_rows
-- What the audit of the last published build found: the publication's, or a later build's that changed nothing. An audit
-- that is run again is not compared with itself.
select v.table_name, v.expectation_code, v.failing_rows
from ops.verdict as v
where v.failing_rows is not null
    and v.build_id = (
        select s.build_id
        from (
            select p.build_id, p.published_at as stands_since
            from mart.publication as p
            union all
            select b.build_id, b.finished_at
            from ops.build as b
            where b.outcome_code = 'published'
        ) as s
        where s.build_id <> %(build_id)s
        order by s.stands_since desc nulls last, s.build_id desc
        limit 1
    )
