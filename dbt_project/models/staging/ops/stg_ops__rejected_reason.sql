-- One row per load and reason: how many rows it rejected for it.
with source as (
    select * from {{ source('ops', 'rejected_row') }}
),

final as (
    select
        load_id,
        reason_code,
        count(*) as rows_rejected
    from source
    group by load_id, reason_code
)

select * from final
