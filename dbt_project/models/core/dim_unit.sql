-- One row per unit that the plan holds responsible;
-- “all member units” is one group, as the plan names no members.
with units as (
    select * from {{ ref('plan_unit') }}
),

final as (
    select
        city_code,
        unit_code,
        name_zh as unit_name_zh,
        name_en as unit_name_en,
        unit_kind_code,
        display_order
    from units
    where city_code = {{ city_code() }}
)

select * from final
