-- One row per quarter with operation and form item on efficiency: the change against the programme's first
-- quarter.
with quarters as (
    select * from {{ ref('int_quarterly_form__quarter') }}
),

operations as (
    select * from {{ ref('fct_vehicle_operation') }}
),

vehicles as (
    select * from {{ ref('dim_vehicle') }}
),

factors as (
    select * from {{ ref('energy_factor') }}
),

vehicle_months as (
    select
        city_code,
        vehicle_key,
        period_month,
        count(*) as vehicle_days,
        sum(distance_km) as distance_km,
        sum(turnover_tonne_km) as turnover_tonne_km,
        sum(electricity_kwh) as electricity_kwh,
        sum(fuel_litre) as fuel_litre
    from operations
    group by city_code, vehicle_key, period_month
),

-- A vehicle whose energy has no factor counts for use, but neither its energy nor its turnover for item 32.
sums as (
    select
        quarters.city_code,
        quarters.quarter_begins_on,
        sum(vehicle_months.distance_km) as distance_km,
        sum(vehicle_months.vehicle_days) as vehicle_days,
        sum(
            coalesce(vehicle_months.electricity_kwh, 0) * factors.kgce_per_kwh
            + coalesce(vehicle_months.fuel_litre, 0) * factors.kgce_per_litre
        ) as energy_kgce,
        sum(case when factors.energy_code is not null then vehicle_months.turnover_tonne_km end)
            as turnover_tonne_km
    from quarters
    inner join vehicle_months
        on
            quarters.city_code = vehicle_months.city_code
            and vehicle_months.period_month between quarters.quarter_begins_on and quarters.last_month
    left join vehicles
        on
            vehicle_months.city_code = vehicles.city_code
            and vehicle_months.vehicle_key = vehicles.vehicle_key
    left join factors on vehicles.energy_code_ga249 = factors.energy_code
    group by quarters.city_code, quarters.quarter_begins_on
),

rates as (
    select
        city_code,
        quarter_begins_on,
        cast(distance_km / nullif(vehicle_days, 0) as numeric(30, 12)) as km_per_vehicle_day,
        cast(energy_kgce / nullif(turnover_tonne_km, 0) as numeric(30, 12)) as kgce_per_tonne_km
    from sums
),

first_rates as (
    select rates.*
    from rates
    inner join quarters
        on
            rates.city_code = quarters.city_code
            and rates.quarter_begins_on = quarters.quarter_begins_on
    where quarters.quarter_begins_on = cast(date_trunc('quarter', quarters.programme_begins_on) as date)
),

-- An increase of use and a reduction of energy, each as a share of the rate at the start.
final as (
    select
        rates.city_code,
        rates.quarter_begins_on,
        31 as item_no,
        cast(rates.km_per_vehicle_day - first_rates.km_per_vehicle_day as numeric(30, 12)) as numerator,
        first_rates.km_per_vehicle_day as denominator
    from rates
    left join first_rates on rates.city_code = first_rates.city_code
    union all
    select
        rates.city_code,
        rates.quarter_begins_on,
        32 as item_no,
        cast(first_rates.kgce_per_tonne_km - rates.kgce_per_tonne_km as numeric(30, 12)) as numerator,
        first_rates.kgce_per_tonne_km as denominator
    from rates
    left join first_rates on rates.city_code = first_rates.city_code
)

select * from final
