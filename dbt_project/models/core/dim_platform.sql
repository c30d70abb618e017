with platforms as (
    select * from {{ ref('stg_transport__platform') }}
),

final as (
    select
        city_code,
        'transport:' || platform_id as platform_key,
        platform_kind_code,
        platform_name,
        owner_name,
        in_service_on,
        out_of_service_on,
        source_file_key,
        source_sheet,
        source_row_number
    from platforms
)

select * from final
