-- One row per indicator and year, as of the year's last month up to the as-of month.
with figures as (
    select * from {{ ref('fct_indicator_value') }}
    where region_code = city_code
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

with_history as (
    select
        *,
        lag(status_code) over months_in_order as previous_status_code,
        lag(actual_value) over months_in_order as previous_actual_value,
        row_number() over (
            partition by city_code, indicator_code, year
            order by period_month desc
        ) as recency
    from figures
    window months_in_order as (partition by city_code, indicator_code, year order by period_month)
),

year_rows as (
    select
        *,
        case
            when status_code in ('met', 'on_track') then 1
            when status_code in ('not_met', 'behind') then -1
        end as standing,
        case
            when previous_status_code in ('met', 'on_track') then 1
            when previous_status_code in ('not_met', 'behind') then -1
        end as previous_standing
    from with_history
    where recency = 1
),

final as (
    select
        year_rows.city_code,
        year_rows.work_no,
        works.work_name_zh,
        works.work_name_en,
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
        case
            when year_rows.standing > year_rows.previous_standing then 'improved'
            when year_rows.standing < year_rows.previous_standing then 'worsened'
            when year_rows.standing = year_rows.previous_standing then 'unchanged'
        end as status_trend_code,
        year_rows.completeness_ratio,
        year_rows.revision_state_code,
        year_rows.as_of_date,
        year_rows.is_stale,
        {{ is_synthetic() }} as is_synthetic
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
