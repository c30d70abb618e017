with source as (
    select * from {{ source('raw', 'power_station') }}
),

ranked as (
    {{ rank_versions(['operator_id', 'station_id']) }}
),

final as (
    select
        _city_code as city_code,
        operator_id,
        station_id,
        'power:' || operator_id || ':' || station_id as station_key,
        equipment_owner_id,
        station_name,
        {{ current_region('area_code') }} as region_code,
        address,
        station_type_code,
        station_status_code,
        construction_code,
        longitude_gcj02,
        latitude_gcj02,
        official_run_on,
        decommissioned_on,
        {{ lineage() }}
    from ranked
    where version_rank = 1
)

select * from final
