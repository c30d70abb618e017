-- One row per unit that the plan holds responsible;
-- “all member units” is one group, as the plan names no members.
with units as (
    select * from {{ ref('plan_unit') }}
),

programme as (
    select * from {{ ref('programme') }}
),

final as (
    select
        units.city_code,
        units.unit_code,
        units.name_zh as unit_name_zh,
        units.name_en as unit_name_en,
        units.unit_kind_code,
        units.display_order
    from units
    inner join programme on units.city_code = programme.city_code
)

select * from final
