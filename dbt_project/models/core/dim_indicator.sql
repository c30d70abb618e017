-- One row per indicator: its card, with the plan's words and ours apart.
with indicators as (
    select * from {{ ref('plan_indicator') }}
),

programme as (
    select * from {{ ref('programme') }}
),

final as (
    select
        indicators.city_code,
        indicators.indicator_code,
        indicators.work_no,
        indicators.display_order,
        indicators.name_zh as indicator_name_zh,
        indicators.name_en as indicator_name_en,
        indicators.unit_zh,
        indicators.unit_en,
        indicators.decimals,
        indicators.measure_kind_code,
        indicators.target_kind,
        cast(indicators.plan_total_value as numeric(20, 6)) as plan_total_value,
        indicators.plan_words_zh,
        indicators.formula_zh,
        indicators.formula_en,
        indicators.note_zh,
        indicators.note_en,
        indicators.owner_unit_code
    from indicators
    inner join programme on indicators.city_code = programme.city_code
)

select * from final
