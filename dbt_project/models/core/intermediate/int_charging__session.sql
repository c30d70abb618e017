with orders as (
    select * from {{ ref('stg_power__charge_order') }}
),

connectors as (
    select * from {{ ref('int_charging__connector') }}
),

final as (
    select
        orders.city_code,
        orders.period_month,
        'power:' || orders.start_charge_seq as session_key,
        coalesce(connectors.station_key, 'power:' || orders.operator_id || ':unknown') as station_key,
        coalesce(connectors.pile_key, 'power:' || orders.operator_id || ':unknown') as pile_key,
        orders.connector_id,
        orders.operator_id,
        orders.started_at,
        orders.ended_at,
        orders.business_date,
        orders.energy_kwh,
        orders.electricity_fee_yuan,
        orders.service_fee_yuan,
        orders.total_fee_yuan,
        orders.stop_reason_code,
        orders.vin,
        orders.pushed_on,
        orders.source_file_key,
        orders.source_sheet,
        orders.source_row_number
    from orders
    left join connectors
        on
            orders.city_code = connectors.city_code
            and orders.operator_id = connectors.operator_id
            and orders.connector_id = connectors.connector_id
)

select * from final
