-- One row per quarter and form item of government money: the yuan paid in the quarter for the item's purpose.
with quarters as (
    select * from {{ ref('int_quarterly_form__quarter') }}
),

entries as (
    select * from {{ ref('fct_fund_payment') }}
    where fund_kind_code = 'paid'
),

-- The fund's purposes 充电设施建设 and 信息平台建设 have no item of their own in the form.
item_purposes as (
    select
        5 as item_no,
        cast('vehicle' as text) as purpose_code
    union all
    select
        6 as item_no,
        cast('node_system' as text) as purpose_code
    union all
    select
        8 as item_no,
        cast('market_entity' as text) as purpose_code
),

final as (
    select
        quarters.city_code,
        quarters.quarter_begins_on,
        item_purposes.item_no,
        cast(coalesce(sum(entries.amount_yuan), 0) as numeric(20, 6)) as numerator,
        cast(null as numeric(20, 6)) as denominator
    from quarters
    cross join item_purposes
    left join entries
        on
            quarters.city_code = entries.city_code
            and item_purposes.purpose_code = entries.purpose_code
            and entries.booked_on between quarters.quarter_begins_on and quarters.as_of_day
    group by quarters.city_code, quarters.quarter_begins_on, item_purposes.item_no
)

select * from final
