-- Registers arrive later than sessions: a month is built again when the register of today would place one of
-- its rows at another pile or station. The next build adds these months to its own; after it there are none.
with sessions as (
    select
        city_code,
        period_month,
        operator_id,
        connector_id,
        pile_key,
        station_key
    from {{ ref('fct_charging_session') }}
    group by city_code, period_month, operator_id, connector_id, pile_key, station_key
),

connectors as (
    select * from {{ ref('int_charging__connector') }}
),

pile_days as (
    select
        city_code,
        period_month,
        pile_key,
        station_key,
        count(stats_energy_kwh) as day_count
    from {{ ref('fct_pile_energy_day') }}
    group by city_code, period_month, pile_key, station_key
),

piles as (
    select * from {{ ref('stg_power__pile') }}
),

stations as (
    select * from {{ ref('stg_power__station') }}
),

misplaced_sessions as (
    select sessions.period_month
    from sessions
    left join connectors
        on
            sessions.city_code = connectors.city_code
            and sessions.operator_id = connectors.operator_id
            and sessions.connector_id = connectors.connector_id
    where
        sessions.pile_key != coalesce(connectors.pile_key, 'power:' || sessions.operator_id || ':unknown')
        or sessions.station_key
        != coalesce(connectors.station_key, 'power:' || sessions.operator_id || ':unknown')
),

misplaced_pile_days as (
    select pile_days.period_month
    from pile_days
    inner join piles
        on
            pile_days.city_code = piles.city_code
            and pile_days.pile_key = piles.pile_key
    where pile_days.station_key != piles.station_key
),

pile_days_without_operator as (
    select pile_days.period_month
    from pile_days
    inner join stations
        on
            pile_days.city_code = stations.city_code
            and pile_days.station_key = 'power:unknown:' || stations.station_id
),

-- The statistics name no operator: one that is there came from a station that was registered.
pile_days_of_gone_stations as (
    select pile_days.period_month
    from pile_days
    left join stations
        on
            pile_days.city_code = stations.city_code
            and split_part(pile_days.station_key, ':', 3) = stations.station_id
    where
        stations.station_id is null
        and pile_days.day_count > 0
        and pile_days.pile_key not like 'power:unknown:%'
),

final as (
    select period_month from misplaced_sessions
    union
    select period_month from misplaced_pile_days
    union
    select period_month from pile_days_without_operator
    union
    select period_month from pile_days_of_gone_stations
)

select * from final
