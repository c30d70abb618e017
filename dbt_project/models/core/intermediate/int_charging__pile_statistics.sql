-- The statistics name no operator; it is the one that the register gives for the station.
with connector_energy as (
    select * from {{ ref('stg_power__connector_energy') }}
),

stations as (
    select * from {{ ref('stg_power__station') }}
),

piles as (
    select * from {{ ref('stg_power__pile') }}
),

station_operators as (
    select
        city_code,
        station_id,
        min(operator_id) as operator_id
    from stations
    group by city_code, station_id
),

with_operator as (
    select
        connector_energy.*,
        coalesce(station_operators.operator_id, 'unknown') as operator_id
    from connector_energy
    left join station_operators
        on
            connector_energy.city_code = station_operators.city_code
            and connector_energy.station_id = station_operators.station_id
),

-- Each connector's row repeats its pile's own figure, so a rejected connector row loses no energy.
pile_days as (
    select
        city_code,
        period_month,
        energy_date,
        operator_id,
        equipment_id,
        min(station_id) as station_id,
        max(equipment_kwh) as stats_energy_kwh
    from with_operator
    group by city_code, period_month, energy_date, operator_id, equipment_id
),

final as (
    select
        pile_days.city_code,
        pile_days.period_month,
        pile_days.energy_date,
        'power:' || pile_days.operator_id || ':' || pile_days.equipment_id as pile_key,
        coalesce(
            piles.station_key, 'power:' || pile_days.operator_id || ':' || pile_days.station_id
        ) as station_key,
        pile_days.stats_energy_kwh
    from pile_days
    left join piles
        on
            pile_days.city_code = piles.city_code
            and pile_days.operator_id = piles.operator_id
            and pile_days.equipment_id = piles.equipment_id
)

select * from final
