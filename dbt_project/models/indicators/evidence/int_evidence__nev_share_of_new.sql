-- One row per month and vehicle entered since the programme's first day: new new-energy ones over all new and
-- renewed ones.
with months as (
    select * from {{ ref('int_indicator__month') }}
),

vehicles as (
    select * from {{ ref('dim_vehicle') }}
),

numerator as (
    select
        {{ evidence_columns(
            'nev_share_of_new', 'numerator', 'vehicle', 'vehicles.vehicle_key',
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
            'nev_share_of_new', 'denominator', 'vehicle', 'vehicles.vehicle_key',
            of='vehicles'
        ) }}
    from months
    inner join vehicles
        on
            months.city_code = vehicles.city_code
            and vehicles.in_service_on between months.programme_begins_on and months.as_of_day
    where vehicles.entry_kind_code in ('new', 'renewal')
),

final as (
    select * from numerator
    union all
    select * from denominator
)

select * from final
