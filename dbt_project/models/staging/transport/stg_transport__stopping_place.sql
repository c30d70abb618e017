with source as (
    select * from {{ source('raw', 'transport_stopping_place') }}
),

ranked as (
    {{ rank_versions(['place_id'], by_change_time=true) }}
),

final as (
    select
        _city_code as city_code,
        place_id,
        name as place_name,
        road_name,
        {{ current_region('region_code') }} as region_code,
        bay_count,
        in_service_on,
        out_of_service_on,
        {{ lineage() }}
    from ranked
    where version_rank = 1 and not is_deleted
)

select * from final
