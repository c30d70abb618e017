-- One row per month, energy and kind of body: registered vehicles, added and retired ones, what they drove and used.
select
    vehicle.period_month,
    vehicle.energy_kind_name_zh || ' ' || vehicle.energy_kind_name_en as energy_name,
    vehicle.is_new_energy,
    vehicle.is_cold_chain_body,
    vehicle.stock_count,
    vehicle.added_count,
    vehicle.retired_count,
    vehicle.operated_count,
    vehicle.trip_count,
    vehicle.distance_km,
    vehicle.electricity_kwh,
    vehicle.fuel_litre,
    vehicle.electric_distance_km,
    vehicle.fuel_distance_km
from mart.vehicle_month as vehicle
