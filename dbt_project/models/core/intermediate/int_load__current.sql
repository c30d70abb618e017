-- One row per dataset and period: its newest load that took rows in, the one whose rows raw holds.
with loads as (
    select * from {{ ref('stg_ops__load') }}
    where outcome_code = 'loaded'
),

ordered as (
    select
        load_id,
        agency_code,
        dataset_id,
        period_label,
        source_file_key,
        rows_in_file,
        rows_loaded,
        rows_rejected,
        row_number() over (
            partition by dataset_id, period_label
            order by load_id desc
        ) as recency
    from loads
),

final as (
    select
        load_id,
        agency_code,
        dataset_id,
        period_label,
        source_file_key,
        rows_in_file,
        rows_loaded,
        rows_rejected
    from ordered
    where recency = 1
)

select * from final
