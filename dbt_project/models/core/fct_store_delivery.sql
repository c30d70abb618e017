with mode_partition as (
    select * from {{ ref('int_store__mode_partition') }}
),

final as (
    select
        city_code,
        period_month,
        store_key,
        mode_code,
        freight_tonnes,
        is_centre_area,
        source_file_key,
        source_sheet,
        source_row_number
    from mode_partition
)

select * from final
