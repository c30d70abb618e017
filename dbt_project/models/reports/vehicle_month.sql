-- One row per month, kind of energy and kind of body: the registered vehicles, and what they drove and used.
with vehicles as (
    select
        *,
        coalesce(new_energy_kind_code, energy_code_ga249) as energy_kind_code
    from {{ ref('dim_vehicle') }}
    where not is_inferred
),

months as (
    select * from {{ ref('int_indicator__month') }}
),

operations as (
    select * from {{ ref('fct_vehicle_operation') }}
),

kinds as (
    select
        city_code,
        energy_kind_code,
        is_new_energy,
        is_cold_chain_body
    from vehicles
    group by city_code, energy_kind_code, is_new_energy, is_cold_chain_body
),

counted as (
    select
        months.city_code,
        months.period_month,
        vehicles.energy_kind_code,
        vehicles.is_cold_chain_body,
        count(*) filter (
            where coalesce(vehicles.out_of_service_on > months.as_of_day, true)
        ) as stock_count,
        count(*) filter (where vehicles.in_service_on >= months.period_month) as added_count,
        count(*) filter (where vehicles.out_of_service_on between months.period_month and months.as_of_day)
            as retired_count
    from months
    inner join vehicles
        on
            months.city_code = vehicles.city_code
            and months.as_of_day >= vehicles.in_service_on
    group by months.city_code, months.period_month, vehicles.energy_kind_code, vehicles.is_cold_chain_body
),

driven as (
    select
        operations.city_code,
        operations.period_month,
        vehicles.energy_kind_code,
        vehicles.is_cold_chain_body,
        count(distinct operations.vehicle_key) as operated_count,
        sum(operations.distance_km) as distance_km,
        sum(operations.trip_count) as trip_count,
        sum(operations.turnover_tonne_km) as turnover_tonne_km,
        sum(operations.electricity_kwh) as electricity_kwh,
        sum(operations.fuel_litre) as fuel_litre,
        sum(operations.distance_km) filter (where operations.electricity_kwh > 0) as electric_distance_km,
        sum(operations.distance_km) filter (where operations.fuel_litre > 0) as fuel_distance_km
    from operations
    inner join vehicles
        on
            operations.city_code = vehicles.city_code
            and operations.vehicle_key = vehicles.vehicle_key
    group by
        operations.city_code, operations.period_month, vehicles.energy_kind_code, vehicles.is_cold_chain_body
),

final as (
    select
        months.city_code,
        months.period_month,
        kinds.energy_kind_code,
        kinds.is_cold_chain_body,
        coalesce(
            {{ label_of('new_energy_kind', 'kinds.energy_kind_code') }},
            {{ label_of('energy', 'kinds.energy_kind_code') }}
        ) as energy_kind_name_zh,
        coalesce(
            {{ label_of('new_energy_kind', 'kinds.energy_kind_code', 'label_en') }},
            {{ label_of('energy', 'kinds.energy_kind_code', 'label_en') }}
        ) as energy_kind_name_en,
        kinds.is_new_energy,
        coalesce(counted.stock_count, 0) as stock_count,
        coalesce(counted.added_count, 0) as added_count,
        coalesce(counted.retired_count, 0) as retired_count,
        coalesce(driven.operated_count, 0) as operated_count,
        driven.trip_count,
        cast(driven.distance_km as numeric(20, 3)) as distance_km,
        cast(driven.turnover_tonne_km as numeric(20, 3)) as turnover_tonne_km,
        cast(driven.electricity_kwh as numeric(20, 4)) as electricity_kwh,
        cast(driven.fuel_litre as numeric(20, 3)) as fuel_litre,
        cast(driven.electric_distance_km as numeric(20, 3)) as electric_distance_km,
        cast(driven.fuel_distance_km as numeric(20, 3)) as fuel_distance_km,
        months.as_of_day as as_of_date,
        {{ is_synthetic() }} as is_synthetic
    from months
    inner join kinds on months.city_code = kinds.city_code
    left join counted
        on
            months.city_code = counted.city_code
            and months.period_month = counted.period_month
            and kinds.energy_kind_code = counted.energy_kind_code
            and kinds.is_cold_chain_body = counted.is_cold_chain_body
    left join driven
        on
            months.city_code = driven.city_code
            and months.period_month = driven.period_month
            and kinds.energy_kind_code = driven.energy_kind_code
            and kinds.is_cold_chain_body = driven.is_cold_chain_body
)

select * from final
