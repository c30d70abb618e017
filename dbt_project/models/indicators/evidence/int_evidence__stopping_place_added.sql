-- One row per month and stopping place put into service in the month's year, up to its as-of day.
with months as (
    select * from {{ ref('int_indicator__month') }}
),

places as (
    select * from {{ ref('dim_stopping_place') }}
),

final as (
    select
        {{ evidence_columns(
            'stopping_place_added', 'numerator', 'stopping_place', 'places.place_key',
            of='places', region_code='coalesce(places.region_code, months.city_code)'
        ) }}
    from months
    inner join places
        on
            months.city_code = places.city_code
            and places.in_service_on between months.year_begins_on and months.as_of_day
)

select * from final
