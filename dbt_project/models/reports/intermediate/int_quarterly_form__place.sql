-- One row per quarter and form item on nodes and stopping places: the number in service at the quarter's end.
with quarters as (
    select * from {{ ref('int_quarterly_form__quarter') }}
),

nodes as (
    select * from {{ ref('dim_node') }}
),

stopping_places as (
    select * from {{ ref('dim_stopping_place') }}
),

-- The three levels of the network are the form's hubs, public delivery centres and terminal stations.
places as (
    select
        city_code,
        in_service_on,
        out_of_service_on,
        case node_kind_code when 'level1' then 9 when 'level2' then 10 else 11 end as item_no
    from nodes
    where
        node_kind_code in ('level1', 'level2')
        or (node_kind_code = 'terminal_station' and is_joint)
    union all
    select
        city_code,
        in_service_on,
        out_of_service_on,
        25 as item_no
    from stopping_places
),

items as (
    select form_items.item_no
    from {{ ref('quarterly_form_item') }} as form_items
    where form_items.item_no in (9, 10, 11, 25)
),

final as (
    select
        quarters.city_code,
        quarters.quarter_begins_on,
        items.item_no,
        cast(count(places.item_no) as numeric(20, 6)) as numerator,
        cast(null as numeric(20, 6)) as denominator
    from quarters
    cross join items
    left join places
        on
            quarters.city_code = places.city_code
            and items.item_no = places.item_no
            and {{ is_in_service('quarters.as_of_day', 'places.in_service_on', 'places.out_of_service_on') }}
    group by quarters.city_code, quarters.quarter_begins_on, items.item_no
)

select * from final
