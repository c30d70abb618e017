-- Figures and months of large facts that a revert ever touched, and what of them is back.

-- name: figure_revisions
select
    r.city_code, r.indicator_code, r.region_code, r.period_month, r.publication_no, p.reverted_to,
    r.old_numerator, r.old_denominator, r.old_actual_value, r.old_target_value, r.old_status_code,
    r.new_numerator, r.new_denominator, r.new_actual_value, r.new_target_value, r.new_status_code
from mart.figure_revision as r
inner join mart.publication as p on r.publication_no = p.publication_no
where (r.city_code, r.indicator_code, r.region_code, r.period_month) in (
    select f.city_code, f.indicator_code, f.region_code, f.period_month
    from mart.figure_revision as f
    inner join mart.publication as q on f.publication_no = q.publication_no
    where q.reverted_to is not null
)
order by r.publication_no

-- name: fact_revisions
select
    r.table_name, r.period_month, r.publication_no, p.reverted_to,
    r.old_rows, r.new_rows, r.old_hash, r.new_hash
from ops.fact_revision as r
inner join mart.publication as p on r.publication_no = p.publication_no
where (r.table_name, r.period_month) in (
    select f.table_name, f.period_month
    from ops.fact_revision as f
    inner join mart.publication as q on f.publication_no = q.publication_no
    where q.reverted_to is not null
)
order by r.publication_no

-- name: is_back
with past as materialized (
    select {columns} from mart_asof.{table} where ({group}) in ({wanted})
),
published as materialized (
    select {columns} from mart.{table} where ({group}) in ({wanted})
),
found as materialized (
    select {columns} from candidate.{table} where ({group}) in ({wanted})
),
removed as (
    select * from past except select * from published
),
restored as (
    select * from published except select * from past
),
still_missing as (
    select * from removed except select * from found
),
still_there as (
    select * from restored intersect select * from found
)
select {group} from (select * from removed union all select * from restored) as touched
except
select {group} from (select * from still_missing union all select * from still_there) as otherwise
