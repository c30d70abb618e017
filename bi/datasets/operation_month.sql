-- One row per month and energy: what the vehicles drove, and what they used.
select
    operation.period_month,
    coalesce(energy.label_zh || ' ' || energy.label_en, '未登记 not registered') as energy_name,
    count(distinct operation.vehicle_key) as vehicle_count,
    sum(operation.distance_km) as distance_km,
    sum(operation.trip_count) as trip_count,
    sum(operation.electricity_kwh) as electricity_kwh,
    sum(operation.fuel_litre) as fuel_litre,
    sum(operation.distance_km) filter (where operation.electricity_kwh > 0) as electric_km,
    sum(operation.distance_km) filter (where operation.fuel_litre > 0) as fuel_km
from mart.fct_vehicle_operation as operation
inner join mart.dim_vehicle as vehicle using (city_code, vehicle_key)
left join {{ labels('energy') }} as energy on vehicle.energy_code_ga249 = energy.code
group by 1, 2
