with piles as (
    select * from {{ ref('stg_power__pile') }}
),

stations as (
    select * from {{ ref('dim_station') }}
),

referred as (
    select
        city_code,
        pile_key,
        min(station_key) as station_key
    from {{ ref('fct_pile_energy_day') }}
    group by city_code, pile_key
),

members as (
    select
        piles.*,
        coalesce(piles.city_code, referred.city_code) as member_city_code,
        coalesce(piles.pile_key, referred.pile_key) as member_key,
        coalesce(piles.station_key, referred.station_key) as member_station_key
    from piles
    full outer join referred
        on
            piles.city_code = referred.city_code
            and piles.pile_key = referred.pile_key
),

final as (
    select
        members.member_city_code as city_code,
        members.member_key as pile_key,
        members.member_station_key as station_key,
        split_part(members.member_key, ':', 2) as operator_id,
        nullif(split_part(members.member_key, ':', 3), 'unknown') as equipment_id,
        members.equipment_type_code,
        members.power_kw,
        members.production_date,
        -- A pile works from the day that both it and its station do; greatest() alone ignores an empty date.
        case
            when members.official_run_on is not null and stations.in_service_on is not null
                then greatest(members.official_run_on, stations.in_service_on)
        end as in_service_on,
        least(members.decommissioned_on, stations.out_of_service_on) as out_of_service_on,
        stations.is_usable_by_delivery_vehicles,
        members.pile_key is null as is_inferred,
        members.source_file_key,
        members.source_sheet,
        members.source_row_number
    from members
    left join stations
        on
            members.member_city_code = stations.city_code
            and members.member_station_key = stations.station_key
)

select * from final
