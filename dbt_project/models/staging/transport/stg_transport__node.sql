with source as (
    select * from {{ source('raw', 'transport_node') }}
),

ranked as (
    select
        *,
        row_number() over (
            partition by _city_code, node_id
            order by changed_at desc, _period desc, _row_number desc
        ) as version_rank
    from source
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
