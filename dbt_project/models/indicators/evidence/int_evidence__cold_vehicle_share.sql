-- One row per month and vehicle in service on the as-of day: refrigerated or insulated ones over all.
with months as (
    select * from {{ ref('int_indicator__month') }}
),

vehicles as (
    select * from {{ ref('dim_vehicle') }}
),

numerator as (
    select
        {{ evidence_columns(
            'cold_vehicle_share', 'numerator', 'vehicle', 'vehicles.vehicle_key',
            of='vehicles'
        ) }}
    from months
    inner join vehicles
        on
            months.city_code = vehicles.city_code
            and {{ is_in_service(
                'months.as_of_day', 'vehicles.in_service_on', 'vehicles.out_of_service_on'
            ) }}
    where vehicles.is_cold_chain_body
),

denominator as (
    select
        {{ evidence_columns(
            'cold_vehicle_share', 'denominator', 'vehicle', 'vehicles.vehicle_key',
            of='vehicles'
        ) }}
    from months
    inner join vehicles
        on
            months.city_code = vehicles.city_code
            and {{ is_in_service(
                'months.as_of_day', 'vehicles.in_service_on', 'vehicles.out_of_service_on'
            ) }}
),

final as (
    select * from numerator
    union all
    select * from denominator
)

select * from final
