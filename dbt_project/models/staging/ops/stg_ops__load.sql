-- Loads that ended well, without the columns that only the loader reads.
with source as (
    select * from {{ source('ops', 'load') }}
    where outcome_code in ('loaded', 'unchanged')
),

final as (
    select
        load_id,
        agency_code,
        dataset_id,
        period_label,
        source_file_key,
        outcome_code,
        rows_in_file,
        rows_loaded,
        rows_rejected,
        complete_through
    from source
)

select * from final
