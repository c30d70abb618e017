-- One row per month and vehicle: new-energy ones entered as new since the programme's first day over those in
-- service the day before.
with months as (
    select * from {{ ref('int_indicator__month') }}
),

vehicles as (
    select * from {{ ref('dim_vehicle') }}
),

numerator as (
    select
        {{ evidence_columns(
            'nev_share_of_initial_stock', 'numerator', 'vehicle', 'vehicles.vehicle_key',
            of='vehicles'
        ) }}
    from months
    inner join vehicles
        on
            months.city_code = vehicles.city_code
            and vehicles.in_service_on between months.programme_begins_on and months.as_of_day
    where vehicles.is_new_energy and vehicles.entry_kind_code = 'new'
),

denominator as (
    select
        {{ evidence_columns(
            'nev_share_of_initial_stock', 'denominator', 'vehicle', 'vehicles.vehicle_key',
            of='vehicles'
        ) }}
    from months
    inner join vehicles
        on
            months.city_code = vehicles.city_code
            and {{ is_in_service(
                '(months.programme_begins_on - 1)', 'vehicles.in_service_on', 'vehicles.out_of_service_on'
            ) }}
    where vehicles.is_new_energy
),

final as (
    select * from numerator
    union all
    select * from denominator
)

select * from final
