with source as (
    select * from {{ source('raw', 'power_connector_energy') }}
),

ranked as (
    select
        *,
        row_number() over (
            partition by stat_date, connector_id, station_id, _city_code
            order by _period desc, _row_number desc
        ) as version_rank
    from source
),

final as (
    select
        _city_code as city_code,
        stat_date as energy_date,
        {{ month_of('stat_date') }} as period_month,
        station_id,
        equipment_id,
        connector_id,
        connector_kwh,
        equipment_kwh,
        station_kwh,
        {{ lineage() }}
    from ranked
    where version_rank = 1
)

select * from final
