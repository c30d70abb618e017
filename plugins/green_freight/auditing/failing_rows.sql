-- The rows that break an expectation.

-- name: failing_rows
-- The hash of every failing row's key and its month; the first rows with what is shown of them and where they stand in
-- their files, new ones before others.
with failing as (
    {query}
),

keyed as (
    select
        f.*,
        hashtextextended(cast(jsonb_build_array({key}) as text), 0) as row_hash_,
        {month} as row_month_
    from failing as f
),

ranked as (
    select
        k.*,
        k.row_hash_ <> all(cast(:known as bigint[])) as is_new_,
        row_number() over (order by k.row_hash_ = any(cast(:known as bigint[])), {order}) as place_
    from keyed as k
)

select
    r.row_hash_,
    r.row_month_,
    case when r.place_ <= {sample_rows} then cast(jsonb_build_array(r.is_new_, {shown}) as text) end as shown
from ranked as r
{files}
order by r.place_
