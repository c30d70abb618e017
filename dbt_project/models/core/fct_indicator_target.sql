-- One row per indicator and year of the plan; a year without a target is a row without a value.
with targets as (
    select * from {{ ref('plan_target') }}
),

final as (
    select
        city_code,
        indicator_code,
        year,
        target_kind,
        judged_by_code,
        cast(target_value as numeric(20, 6)) as target_value,
        target_text_zh,
        target_text_en,
        due_on
    from targets
    where city_code = {{ city_code() }}
)

select * from final
