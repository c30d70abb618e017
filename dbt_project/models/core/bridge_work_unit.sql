-- One row per key work and unit responsible for it, with the unit's role.
with responsibilities as (
    select * from {{ ref('plan_responsibility') }}
),

programme as (
    select * from {{ ref('programme') }}
),

final as (
    select
        responsibilities.city_code,
        responsibilities.work_no,
        responsibilities.unit_code,
        responsibilities.role_code,
        responsibilities.stated_order
    from responsibilities
    inner join programme on responsibilities.city_code = programme.city_code
)

select * from final
