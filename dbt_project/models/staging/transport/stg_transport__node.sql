with source as (
    select * from {{ source('raw', 'transport_node') }}
),

ranked as (
    {{ rank_versions(['node_id'], by_change_time=true) }}
),

final as (
    select
        _city_code as city_code,
        node_id,
        node_level_code,
        name as node_name,
        {{ current_region('region_code') }} as region_code,
        is_centre_area,
        in_service_on,
        out_of_service_on,
        {{ lineage() }}
    from ranked
    where version_rank = 1 and not is_deleted
)

select * from final
