with places as (
    select * from {{ ref('stg_transport__stopping_place') }}
),

final as (
    select
        city_code,
        'transport:' || place_id as place_key,
        place_name,
        road_name,
        region_code,
        cast(bay_count as integer) as bay_count,
        in_service_on,
        out_of_service_on,
        source_file_key,
        source_sheet,
        source_row_number
    from places
)

select * from final
