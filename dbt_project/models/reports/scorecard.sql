{%- set decisive = ['year_rows.target_value', 'year_rows.expected_value'] -%}

-- One row per indicator and year, as of the year's last month up to the as-of month.
with year_rows as (
    select * from {{ ref('int_scorecard__year') }}
),

indicators as (
    select * from {{ ref('dim_indicator') }}
),

works as (
    select * from {{ ref('dim_key_work') }}
),

targets as (
    select * from {{ ref('fct_indicator_target') }}
),

milestones as (
    select * from {{ ref('int_scorecard__milestone') }}
),

final as (
    select
        year_rows.city_code,
        year_rows.work_no,
        works.work_name_zh,
        works.work_name_en,
        works.task_no,
        works.task_name_zh,
        works.task_name_en,
        works.lead_units_zh,
        works.lead_units_en,
        works.co_responsible_units_zh,
        works.co_responsible_units_en,
        year_rows.indicator_code,
        year_rows.indicator_name_zh,
        year_rows.indicator_name_en,
        indicators.unit_zh,
        indicators.unit_en,
        indicators.decimals,
        indicators.display_order,
        year_rows.year,
        year_rows.period_month,
        year_rows.target_kind,
        year_rows.target_value,
        targets.target_text_zh,
        targets.target_text_en,
        year_rows.expected_value,
        year_rows.actual_value,
        year_rows.numerator,
        year_rows.denominator,
        year_rows.completion_ratio,
        year_rows.status_code,
        year_rows.null_reason_code,
        milestones.milestone_achieved_on,
        milestones.milestone_reported_on,
        milestones.is_reported_after_year,
        year_rows.previous_status_code,
        year_rows.previous_actual_value,
        year_rows.status_trend_code,
        year_rows.completeness_ratio,
        year_rows.revision_state_code,
        year_rows.as_of_date,
        year_rows.is_stale,
        {{ is_synthetic() }} as is_synthetic,
        year_rows.gap_value,
        {{ indicator_text('indicators', 'year_rows.target_value', decisive[:1]) }} as target_display,
        {{ indicator_text('indicators', 'year_rows.expected_value', decisive[1:]) }}
            as expected_display,
        {{ indicator_text('indicators', 'year_rows.actual_value', decisive) }} as actual_display,
        {{ completion_text('year_rows.completion_ratio') }} as completion_display,
        {{ label_of('status', 'year_rows.status_code', 'sort_order') }} as status_order,
        {{ label_of('status', 'year_rows.status_code') }} as status_name_zh,
        {{ label_of('status', 'year_rows.status_code', 'label_en') }} as status_name_en,
        {{ label_of('status_trend', 'year_rows.status_trend_code') }} as status_trend_name_zh,
        {{ label_of('status_trend', 'year_rows.status_trend_code', 'label_en') }} as status_trend_name_en,
        {{ label_of('null_reason', 'year_rows.null_reason_code') }} as null_reason_name_zh,
        {{ label_of('null_reason', 'year_rows.null_reason_code', 'label_en') }} as null_reason_name_en,
        {{ label_of('revision_state', 'year_rows.revision_state_code') }} as revision_state_name_zh,
        {{ label_of('revision_state', 'year_rows.revision_state_code', 'label_en') }}
            as revision_state_name_en,
        {{ label_of('target_kind', 'year_rows.target_kind') }} as target_kind_name_zh,
        {{ label_of('target_kind', 'year_rows.target_kind', 'label_en') }} as target_kind_name_en
    from year_rows
    inner join indicators
        on
            year_rows.city_code = indicators.city_code
            and year_rows.indicator_code = indicators.indicator_code
    inner join works
        on
            year_rows.city_code = works.city_code
            and year_rows.work_no = works.work_no
    left join targets
        on
            year_rows.city_code = targets.city_code
            and year_rows.indicator_code = targets.indicator_code
            and year_rows.year = targets.year
    left join milestones
        on
            year_rows.city_code = milestones.city_code
            and year_rows.indicator_code = milestones.indicator_code
            and year_rows.year = milestones.year
)

select * from final
