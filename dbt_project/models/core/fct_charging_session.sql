{{
    config(
        materialized='incremental',
        incremental_strategy='replace_periods',
        on_schema_change='append_new_columns',
        indexes=[{'columns': ['period_month']}]
    )
}}

with sessions as (
    select * from {{ ref('int_charging__session') }}
),

final as (
    select
        city_code,
        period_month,
        session_key,
        station_key,
        pile_key,
        connector_id,
        operator_id,
        started_at,
        ended_at,
        business_date,
        energy_kwh,
        electricity_fee_yuan,
        service_fee_yuan,
        total_fee_yuan,
        stop_reason_code,
        vin,
        pushed_on,
        source_file_key,
        source_sheet,
        source_row_number
    from sessions
    where {{ is_period_to_build('period_month') }}
)

select * from final
