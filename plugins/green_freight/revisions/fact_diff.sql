-- How the rows of a large fact differ, and which months stand as a revert left them.

-- name: rows_that_differ
-- A value that was empty and is filled now is no change: nothing that was published is lost by it.
select
    count(*) filter (where m.is_there is null) as added,
    count(*) filter (where m.is_there and c.is_there and ({changed})) as changed,
    count(*) filter (where c.is_there is null) as removed
    {sums}
from (select {old}, true as is_there from {mart} where {month} = {wanted}) as m
full join (select {new}, true as is_there from {candidate} where {month} = {wanted}) as c using ({key})

-- name: reverted_months
select newest.table_name, newest.period_month
from (
    select distinct on (r.table_name, r.period_month) r.table_name, r.period_month, r.publication_no
    from ops.fact_revision as r
    order by r.table_name, r.period_month, r.publication_no desc
) as newest
inner join mart.publication as p on p.publication_no = newest.publication_no
where p.reverted_to is not null
