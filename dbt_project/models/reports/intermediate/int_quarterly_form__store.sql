-- One row per quarter with reports and form item on stores: joint and night tonnes apart, each over all
-- tonnes.
with quarters as (
    select * from {{ ref('int_quarterly_form__quarter') }}
),

deliveries as (
    select * from {{ ref('fct_store_delivery') }}
    where is_centre_area
),

items as (
    select item_no
    from {{ ref('quarterly_form_item') }}
    where item_no in (26, 27)
),

-- Freight that is joint and at night is in both items here; the plan's own share counts it once.
final as (
    select
        quarters.city_code,
        quarters.quarter_begins_on,
        items.item_no,
        cast(sum(case
            when deliveries.mode_code = 'joint_and_night' then deliveries.freight_tonnes
            when items.item_no = 26 and deliveries.mode_code = 'joint_only' then deliveries.freight_tonnes
            when items.item_no = 27 and deliveries.mode_code = 'night_only' then deliveries.freight_tonnes
            else 0
        end) as numeric(20, 6)) as numerator,
        cast(sum(deliveries.freight_tonnes) as numeric(20, 6)) as denominator
    from quarters
    inner join deliveries
        on
            quarters.city_code = deliveries.city_code
            and deliveries.period_month between quarters.quarter_begins_on and quarters.last_month
    cross join items
    group by quarters.city_code, quarters.quarter_begins_on, items.item_no
)

select * from final
