with source as (
    select * from {{ source('raw', 'transport_vehicle') }}
),

ranked as (
    {{ rank_versions(['vehicle_id'], by_change_time=true) }}
),

final as (
    select
        _city_code as city_code,
        vehicle_id,
        {{ normal_plate('plate_no') }} as plate_no,
        plate_color_code as plate_color_code_jtt697,
        upper(vin) as vin,
        vehicle_type_code as vehicle_type_code_ga802,
        energy_code as energy_code_ga249,
        new_energy_kind_code,
        body_kind_code,
        enterprise_id,
        transport_certificate_no,
        gross_mass_kg,
        entry_kind_code,
        in_service_on,
        out_of_service_on,
        out_of_service_reason_code,
        {{ lineage() }}
    from ranked
    where version_rank = 1 and not is_deleted
)

select * from final
