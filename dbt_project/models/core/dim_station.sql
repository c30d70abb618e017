with stations as (
    select * from {{ ref('stg_power__station') }}
),

referred as (
    select
        city_code,
        station_key
    from {{ ref('stg_power__pile') }}
    union
    select
        city_code,
        station_key
    from {{ ref('fct_pile_energy_day') }}
),

final as (
    select
        coalesce(stations.city_code, referred.city_code) as city_code,
        coalesce(stations.station_key, referred.station_key) as station_key,
        coalesce(stations.operator_id, split_part(referred.station_key, ':', 2)) as operator_id,
        coalesce(
            stations.station_id, nullif(split_part(referred.station_key, ':', 3), 'unknown')
        ) as station_id,
        stations.equipment_owner_id,
        stations.station_name,
        stations.region_code,
        stations.address,
        stations.station_type_code,
        stations.station_status_code,
        stations.construction_code,
        stations.longitude_gcj02,
        stations.latitude_gcj02,
        stations.official_run_on as in_service_on,
        stations.decommissioned_on as out_of_service_on,
        coalesce(stations.station_type_code in ('1', '102'), false) as is_usable_by_delivery_vehicles,
        stations.station_key is null as is_inferred,
        stations.source_file_key,
        stations.source_sheet,
        stations.source_row_number
    from stations
    full outer join referred
        on
            stations.city_code = referred.city_code
            and stations.station_key = referred.station_key
)

select * from final
