{{
    config(
        materialized='incremental',
        incremental_strategy='replace_periods',
        on_schema_change='append_new_columns',
        indexes=[{'columns': ['period_month']}]
    )
}}

with operations as (
    select * from {{ ref('stg_transport__vehicle_operation') }}
),

final as (
    select
        city_code,
        period_month,
        operation_date,
        'transport:' || vehicle_id as vehicle_key,
        distance_km,
        cast(trip_count as integer) as trip_count,
        turnover_tonne_km,
        electricity_kwh,
        fuel_litre,
        source_file_key,
        source_sheet,
        source_row_number
    from operations
    where {{ is_period_to_build('period_month') }}
)

select * from final
