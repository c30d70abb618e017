-- One row per dataset, period and reason: the rows that the period's current load rejected.
with current_loads as (
    select * from {{ ref('int_load__current') }}
),

reasons as (
    select * from {{ ref('stg_ops__rejected_reason') }}
),

final as (
    select
        current_loads.dataset_id,
        current_loads.period_label,
        reasons.reason_code,
        reasons.rows_rejected
    from current_loads
    inner join reasons on current_loads.load_id = reasons.load_id
)

select * from final
