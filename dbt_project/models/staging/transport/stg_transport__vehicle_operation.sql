with source as (
    select * from {{ source('raw', 'transport_vehicle_operation') }}
),

ranked as (
    select
        *,
        row_number() over (
            partition by operation_date, vehicle_id, _city_code
            order by _period desc, _row_number desc
        ) as version_rank
    from source
),

final as (
    select
        _city_code as city_code,
        vehicle_id,
        operation_date,
        {{ month_of('operation_date') }} as period_month,
        distance_km,
        trip_count,
        turnover_tonne_km,
        electricity_kwh,
        fuel_litre,
        {{ lineage() }}
    from ranked
    where version_rank = 1
)

select * from final
