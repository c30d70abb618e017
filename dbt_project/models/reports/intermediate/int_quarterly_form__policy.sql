-- One row per quarter and form item on policies: how many documents are in force at the quarter's end.
with quarters as (
    select * from {{ ref('int_quarterly_form__quarter') }}
),

policies as (
    select * from {{ ref('fct_policy') }}
),

item_policies as (
    select
        city_code,
        issued_on,
        repealed_on,
        case policy_kind_code
            when 'express_vehicle' then 4
            when 'comprehensive' then 20
            when 'passage' then 21
            when 'parking' then 22
            when 'survey' then 23
            when 'time_area' then 24
        end as item_no
    from policies
),

items as (
    select item_no
    from {{ ref('quarterly_form_item') }}
    where item_no in (4, 20, 21, 22, 23, 24)
),

final as (
    select
        quarters.city_code,
        quarters.quarter_begins_on,
        items.item_no,
        cast(count(item_policies.item_no) as numeric(20, 6)) as numerator,
        cast(null as numeric(20, 6)) as denominator
    from quarters
    cross join items
    left join item_policies
        on
            quarters.city_code = item_policies.city_code
            and items.item_no = item_policies.item_no
            and {{ is_in_service(
                'quarters.as_of_day', 'item_policies.issued_on', 'item_policies.repealed_on'
            ) }}
    group by quarters.city_code, quarters.quarter_begins_on, items.item_no
)

select * from final
