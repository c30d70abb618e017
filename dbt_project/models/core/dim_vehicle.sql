with vehicles as (
    select * from {{ ref('stg_transport__vehicle') }}
),

transport_ids as (
    select * from {{ ref('int_enterprise__transport_id') }}
),

operated as (
    select
        city_code,
        vehicle_key
    from {{ ref('fct_vehicle_operation') }}
    group by city_code, vehicle_key
),

registered as (
    select
        vehicles.*,
        'transport:' || vehicles.vehicle_id as vehicle_key,
        transport_ids.enterprise_key
    from vehicles
    left join transport_ids
        on
            vehicles.city_code = transport_ids.city_code
            and vehicles.enterprise_id = transport_ids.enterprise_id
),

final as (
    select
        coalesce(registered.city_code, operated.city_code) as city_code,
        coalesce(registered.vehicle_key, operated.vehicle_key) as vehicle_key,
        registered.plate_no,
        registered.plate_color_code_jtt697,
        registered.vin,
        {{ is_valid_vin('registered.vin') }} as is_vin_valid,
        registered.vehicle_type_code_ga802,
        registered.energy_code_ga249,
        registered.new_energy_kind_code,
        registered.new_energy_kind_code is not null as is_new_energy,
        registered.body_kind_code,
        coalesce(registered.body_kind_code in ('refrigerated', 'insulated'), false) as is_cold_chain_body,
        registered.enterprise_key,
        registered.entry_kind_code,
        registered.gross_mass_kg,
        registered.transport_certificate_no,
        registered.in_service_on,
        registered.out_of_service_on,
        registered.out_of_service_reason_code,
        registered.vehicle_key is null as is_inferred,
        registered.source_file_key,
        registered.source_sheet,
        registered.source_row_number
    from registered
    full outer join operated
        on
            registered.city_code = operated.city_code
            and registered.vehicle_key = operated.vehicle_key
)

select * from final
