-- How the rows of a large fact differ.

-- name: rows_that_differ
-- A value that was empty and is filled now is no change: nothing that was published is lost by it.
select
    count(*) filter (where m.is_there is null) as added,
    count(*) filter (where m.is_there and c.is_there and ({changed})) as changed,
    count(*) filter (where c.is_there is null) as removed
    {sums}
from (select {old}, true as is_there from {mart} where {month} = {wanted}) as m
full join (select {new}, true as is_there from {candidate} where {month} = {wanted}) as c using ({key})
