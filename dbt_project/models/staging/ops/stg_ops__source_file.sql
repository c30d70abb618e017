with source as (
    select * from {{ source('ops', 'source_file') }}
),

final as (
    select
        source_file_key,
        agency_code,
        delivery_name,
        period_label,
        file_name,
        sha256,
        bytes
    from source
)

select * from final
