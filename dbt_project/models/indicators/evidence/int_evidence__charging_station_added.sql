-- One row per month and usable charging station put into service in the month's year, up to its as-of day.
with months as (
    select * from {{ ref('int_indicator__month') }}
),

stations as (
    select * from {{ ref('dim_station') }}
),

final as (
    select
        {{ evidence_columns(
            'charging_station_added', 'numerator', 'station', 'stations.station_key',
            of='stations'
        ) }}
    from months
    inner join stations
        on
            months.city_code = stations.city_code
            and stations.in_service_on between months.year_begins_on and months.as_of_day
    where stations.is_usable_by_delivery_vehicles
)

select * from final
