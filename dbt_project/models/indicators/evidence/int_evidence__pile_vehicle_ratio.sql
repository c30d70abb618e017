-- One row per month and usable pile (numerator) or new-energy vehicle (denominator) in service on the
-- as-of day.
with months as (
    select * from {{ ref('int_indicator__month') }}
),

piles as (
    select * from {{ ref('dim_pile') }}
),

vehicles as (
    select * from {{ ref('dim_vehicle') }}
),

numerator as (
    select
        {{ evidence_columns(
            'pile_vehicle_ratio', 'numerator', 'pile', 'piles.pile_key',
            of='piles'
        ) }}
    from months
    inner join piles
        on
            months.city_code = piles.city_code
            and {{ is_in_service('months.as_of_day', 'piles.in_service_on', 'piles.out_of_service_on') }}
    where piles.is_usable_by_delivery_vehicles
),

denominator as (
    select
        {{ evidence_columns(
            'pile_vehicle_ratio', 'denominator', 'vehicle', 'vehicles.vehicle_key',
            of='vehicles'
        ) }}
    from months
    inner join vehicles
        on
            months.city_code = vehicles.city_code
            and {{ is_in_service(
                'months.as_of_day', 'vehicles.in_service_on', 'vehicles.out_of_service_on'
            ) }}
    where vehicles.is_new_energy
),

final as (
    select * from numerator
    union all
    select * from denominator
)

select * from final
