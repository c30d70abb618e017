-- One row per key work and unit responsible for it, with the unit's role.
with responsibilities as (
    select * from {{ ref('plan_responsibility') }}
),

final as (
    select
        city_code,
        work_no,
        unit_code,
        role_code,
        stated_order
    from responsibilities
    where city_code = {{ city_code() }}
)

select * from final
