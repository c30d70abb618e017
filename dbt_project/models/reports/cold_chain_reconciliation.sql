-- One row per month with a cold-chain list and enterprise that is on it or has refrigerated or insulated
-- vehicles: the vehicles that it states beside those that the vehicle register has.
with listed as (
    select * from {{ ref('fct_cold_chain_enterprise') }}
),

-- The vehicles that the indicator counts.
counted_vehicles as (
    select * from {{ ref('fct_indicator_evidence') }}
    where
        indicator_code = 'cold_vehicle_share'
        and part_code = 'numerator'
),

vehicles as (
    select * from {{ ref('dim_vehicle') }}
),

enterprises as (
    select * from {{ ref('dim_enterprise') }}
),

months as (
    select * from {{ ref('int_indicator__month') }}
),

list_months as (
    select
        months.city_code,
        months.period_month,
        months.as_of_day
    from months
    inner join listed
        on
            months.city_code = listed.city_code
            and months.period_month = listed.period_month
    group by months.city_code, months.period_month, months.as_of_day
),

registered as (
    select
        counted_vehicles.city_code,
        counted_vehicles.period_month,
        vehicles.enterprise_key,
        count(*) as vehicle_count
    from counted_vehicles
    inner join vehicles
        on
            counted_vehicles.city_code = vehicles.city_code
            and counted_vehicles.entity_key = vehicles.vehicle_key
    group by counted_vehicles.city_code, counted_vehicles.period_month, vehicles.enterprise_key
),

compared as (
    select
        coalesce(listed.city_code, registered.city_code) as city_code,
        coalesce(listed.period_month, registered.period_month) as period_month,
        coalesce(listed.enterprise_key, registered.enterprise_key) as enterprise_key,
        listed.enterprise_key is not null as is_listed,
        listed.cold_storage_m3,
        listed.refrigerated_vehicle_count as stated_vehicle_count,
        coalesce(registered.vehicle_count, 0) as registered_vehicle_count
    from listed
    full outer join registered
        on
            listed.city_code = registered.city_code
            and listed.period_month = registered.period_month
            and listed.enterprise_key = registered.enterprise_key
),

final as (
    select
        compared.city_code,
        compared.period_month,
        compared.enterprise_key,
        enterprises.enterprise_name,
        compared.is_listed,
        compared.cold_storage_m3,
        compared.stated_vehicle_count,
        compared.registered_vehicle_count,
        coalesce(compared.stated_vehicle_count, 0) - compared.registered_vehicle_count
            as difference_vehicle_count,
        list_months.as_of_day as as_of_date,
        {{ is_synthetic() }} as is_synthetic
    from compared
    inner join list_months
        on
            compared.city_code = list_months.city_code
            and compared.period_month = list_months.period_month
    left join enterprises
        on
            compared.city_code = enterprises.city_code
            and compared.enterprise_key = enterprises.enterprise_key
)

select * from final
