-- One row per month and new-energy vehicle entered as new in the month's year, up to its as-of day.
with months as (
    select * from {{ ref('int_indicator__month') }}
),

vehicles as (
    select * from {{ ref('dim_vehicle') }}
),

final as (
    select
        {{ evidence_columns(
            'nev_added', 'numerator', 'vehicle', 'vehicles.vehicle_key',
            of='vehicles'
        ) }}
    from months
    inner join vehicles
        on
            months.city_code = vehicles.city_code
            and vehicles.in_service_on between months.year_begins_on and months.as_of_day
    where vehicles.is_new_energy and vehicles.entry_kind_code = 'new'
)

select * from final
