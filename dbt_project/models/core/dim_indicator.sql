-- One row per indicator: its card, with the plan's words and ours apart.
with indicators as (
    select * from {{ ref('plan_indicator') }}
),

final as (
    select
        city_code,
        indicator_code,
        work_no,
        display_order,
        name_zh as indicator_name_zh,
        name_en as indicator_name_en,
        unit_zh,
        unit_en,
        decimals,
        measure_kind_code,
        target_kind,
        cast(plan_total_value as numeric(20, 6)) as plan_total_value,
        plan_words_zh,
        formula_zh,
        formula_en,
        note_zh,
        note_en,
        owner_unit_code
    from indicators
    where city_code = {{ city_code() }}
)

select * from final
