with source as (
    select * from {{ source('raw', 'power_connector') }}
),

ranked as (
    {{ rank_versions(['operator_id', 'connector_id']) }}
),

final as (
    select
        _city_code as city_code,
        operator_id,
        connector_id,
        equipment_id,
        station_id,
        connector_type_code,
        power_kw,
        {{ lineage() }}
    from ranked
    where version_rank = 1
)

select * from final
