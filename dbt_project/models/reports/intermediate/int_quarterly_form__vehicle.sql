-- One row per quarter and form item on vehicles: additions of the quarter, stocks at the start and at its
-- end.
with quarters as (
    select * from {{ ref('int_quarterly_form__quarter') }}
),

vehicles as (
    select * from {{ ref('dim_vehicle') }}
),

-- The form's stocks name battery-electric and plug-in hybrid vehicles only; fuel cells are in neither.
counted as (
    select
        quarters.city_code,
        quarters.quarter_begins_on,
        coalesce(vehicles.in_service_on between quarters.quarter_begins_on and quarters.as_of_day, false)
            as is_entered,
        coalesce(vehicles.entry_kind_code, '') as entry_kind_code,
        coalesce(vehicles.new_energy_kind_code, '') as new_energy_kind_code,
        coalesce(vehicles.is_new_energy, false) as is_new_energy,
        {{ is_in_service(
            '(quarters.programme_begins_on - 1)', 'vehicles.in_service_on', 'vehicles.out_of_service_on'
        ) }}
            as is_in_initial_stock,
        {{ is_in_service(
            'quarters.as_of_day', 'vehicles.in_service_on', 'vehicles.out_of_service_on'
        ) }} as is_in_stock
    from quarters
    left join vehicles on quarters.city_code = vehicles.city_code
),

counts as (
    select
        city_code,
        quarter_begins_on,
        count(case when is_entered and entry_kind_code = 'new' and new_energy_kind_code = 'BEV' then 1 end)
            as electric_added,
        count(case when is_entered and entry_kind_code = 'new' and is_new_energy then 1 end)
            as new_energy_added,
        count(case when is_entered and entry_kind_code in ('new', 'renewal') then 1 end) as entered,
        count(case when is_in_initial_stock and new_energy_kind_code in ('BEV', 'PHEV') then 1 end)
            as initial_stock,
        count(case when is_in_stock and new_energy_kind_code in ('BEV', 'PHEV') then 1 end)
            as current_stock
    from counted
    group by city_code, quarter_begins_on
),

items as (
    select item_no
    from {{ ref('quarterly_form_item') }}
    where item_no between 12 and 16
),

final as (
    select
        counts.city_code,
        counts.quarter_begins_on,
        items.item_no,
        cast(case items.item_no
            when 12 then counts.electric_added
            when 13 then counts.new_energy_added
            when 14 then counts.entered
            when 15 then counts.initial_stock
            when 16 then counts.current_stock
        end as numeric(20, 6)) as numerator,
        cast(null as numeric(20, 6)) as denominator
    from counts
    cross join items
)

select * from final
