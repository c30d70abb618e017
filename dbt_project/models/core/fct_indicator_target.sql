-- One row per indicator and year of the plan; a year without a target is a row without a value.
with targets as (
    select * from {{ ref('plan_target') }}
),

programme as (
    select * from {{ ref('programme') }}
),

final as (
    select
        targets.city_code,
        targets.indicator_code,
        targets.year,
        targets.target_kind,
        targets.judged_by_code,
        cast(targets.target_value as numeric(20, 6)) as target_value,
        targets.target_text_zh,
        targets.target_text_en,
        targets.due_on
    from targets
    inner join programme on targets.city_code = programme.city_code
)

select * from final
