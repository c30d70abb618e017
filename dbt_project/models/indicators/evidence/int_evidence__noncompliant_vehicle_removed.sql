-- One row per month and vehicle taken out of service as non-compliant in the month's year, up to its as-of
-- day.
with months as (
    select * from {{ ref('int_indicator__month') }}
),

vehicles as (
    select * from {{ ref('dim_vehicle') }}
),

final as (
    select
        {{ evidence_columns(
            'noncompliant_vehicle_removed', 'numerator', 'vehicle', 'vehicles.vehicle_key',
            of='vehicles'
        ) }}
    from months
    inner join vehicles
        on
            months.city_code = vehicles.city_code
            and vehicles.out_of_service_on between months.year_begins_on and months.as_of_day
    where vehicles.out_of_service_reason_code = 'noncompliant'
)

select * from final
