with source as (
    select * from {{ source('raw', 'power_connector') }}
),

ranked as (
    select
        *,
        row_number() over (
            partition by _city_code, operator_id, connector_id
            order by _period desc, _row_number desc
        ) as version_rank
    from source
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
