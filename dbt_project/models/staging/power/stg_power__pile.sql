with source as (
    select * from {{ source('raw', 'power_pile') }}
),

ranked as (
    {{ rank_versions(['operator_id', 'equipment_id']) }}
),

final as (
    select
        _city_code as city_code,
        operator_id,
        equipment_id,
        'power:' || operator_id || ':' || equipment_id as pile_key,
        station_id,
        'power:' || operator_id || ':' || station_id as station_key,
        equipment_type_code,
        power_kw,
        production_date,
        official_run_on,
        decommissioned_on,
        {{ lineage() }}
    from ranked
    where version_rank = 1
)

select * from final
