-- One row per month, energy, kind of new energy and kind of body: vehicles in service at its end, added and retired.
with months as (
    select distinct
        figure.city_code,
        figure.period_month,
        least(newest.as_of_date, (figure.period_month + interval '1 month - 1 day')::date) as as_of_day
    from mart.fct_indicator_value as figure
    cross join mart.current_publication as newest
)

select
    months.period_month,
    coalesce(energy.label_zh || ' ' || energy.label_en, '未登记 not registered') as energy_name,
    coalesce(new_energy.label_zh || ' ' || new_energy.label_en, '非新能源 not new energy') as new_energy_name,
    case when vehicle.is_cold_chain_body then '冷藏保温 cold chain' else '其他 other' end as body_name,
    count(*) filter (where vehicle.in_service_on <= months.as_of_day
        and coalesce(vehicle.out_of_service_on > months.as_of_day, true)) as stock_count,
    count(*) filter (where vehicle.in_service_on between months.period_month and months.as_of_day
        and vehicle.entry_kind_code <> 'initial') as added_count,
    count(*) filter (where vehicle.out_of_service_on between months.period_month and months.as_of_day)
        as retired_count
from months
inner join mart.dim_vehicle as vehicle on months.city_code = vehicle.city_code and not vehicle.is_inferred
left join {{ labels('energy') }} as energy on vehicle.energy_code_ga249 = energy.code
left join {{ labels('new_energy_kind') }} as new_energy on vehicle.new_energy_kind_code = new_energy.code
group by 1, 2, 3, 4
