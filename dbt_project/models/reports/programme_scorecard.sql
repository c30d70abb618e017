{%- set decisive = ['rounded.plan_total_value', 'rounded.cumulative_expected_value'] -%}

-- One row per indicator with a plan total and year of the programme: what has been reached since its
-- first day.
with scores as (
    select * from {{ ref('scorecard') }}
),

indicators as (
    select * from {{ ref('dim_indicator') }}
    where plan_total_value is not null
),

programme as (
    select * from {{ ref('programme') }}
),

-- Additions of the years add up, a stock is what stands; a year without a figure leaves the sum without one.
running as (
    select
        scores.*,
        indicators.plan_total_value,
        programme.first_day,
        programme.last_day,
        scores.target_kind = 'yearly_addition' as is_addition,
        count(*) over years = count(scores.actual_value) over years as is_every_year_known,
        sum(scores.actual_value) over years as actual_to_date,
        sum(scores.target_value) filter (where scores.as_of_date = make_date(scores.year, 12, 31)) over years
            as added_targets_due,
        max(scores.target_value) filter (where scores.as_of_date = make_date(scores.year, 12, 31)) over years
            as stock_target_due
    from scores
    inner join indicators
        on
            scores.city_code = indicators.city_code
            and scores.indicator_code = indicators.indicator_code
    inner join programme
        on
            scores.city_code = programme.city_code
            and scores.year <= extract(year from programme.last_day)
    window years as (partition by scores.city_code, scores.indicator_code order by scores.year)
),

-- The total is expected evenly over the programme's days, in whole things; the plan's years stand beside it.
cumulated as (
    select
        *,
        case
            when not is_addition then actual_value
            when is_every_year_known then actual_to_date
        end as cumulative_value,
        round(plan_total_value * (as_of_date - first_day + 1) / (last_day - first_day + 1))
            as cumulative_expected_value,
        coalesce(case when is_addition then added_targets_due else stock_target_due end, 0)
            as yearly_targets_due_value
    from running
),

rounded as (
    select
        city_code,
        work_no,
        work_name_zh,
        work_name_en,
        indicator_code,
        indicator_name_zh,
        indicator_name_en,
        unit_zh,
        unit_en,
        decimals,
        display_order,
        year,
        period_month,
        target_kind,
        cast(plan_total_value as numeric(20, 6)) as plan_total_value,
        cast(cumulative_value as numeric(20, 6)) as cumulative_value,
        -- greatest() would make 0 of a missing value.
        cast(case
            when cumulative_value is not null then greatest(plan_total_value - cumulative_value, 0)
        end as numeric(20, 6)) as remaining_value,
        cast(round(cumulative_value / plan_total_value, 6) as numeric(20, 6)) as completion_ratio,
        cast(cumulative_expected_value as numeric(20, 6)) as cumulative_expected_value,
        cast(yearly_targets_due_value as numeric(20, 6)) as yearly_targets_due_value,
        case
            when cumulative_value is null then 'no_data'
            when as_of_date >= last_day
                then case when cumulative_value >= plan_total_value then 'met' else 'not_met' end
            when cumulative_value >= cumulative_expected_value then 'on_track'
            else 'behind'
        end as status_code,
        revision_state_code,
        as_of_date,
        is_stale,
        {{ is_synthetic() }} as is_synthetic
    from cumulated
),

final as (
    select
        rounded.*,
        {{ indicator_text('rounded', 'rounded.plan_total_value', decisive[:1]) }} as plan_total_display,
        {{ indicator_text('rounded', 'rounded.cumulative_value', decisive) }} as cumulative_display,
        {{ indicator_text('rounded', 'rounded.remaining_value', []) }} as remaining_display,
        {{ indicator_text('rounded', 'rounded.cumulative_expected_value', decisive[1:]) }}
            as cumulative_expected_display,
        {{ indicator_text('rounded', 'rounded.yearly_targets_due_value', []) }} as yearly_targets_due_display,
        {{ completion_text('rounded.completion_ratio') }} as completion_display,
        {{ label_of('status', 'rounded.status_code', 'sort_order') }} as status_order,
        {{ label_of('status', 'rounded.status_code') }} as status_name_zh,
        {{ label_of('status', 'rounded.status_code', 'label_en') }} as status_name_en,
        {{ label_of('target_kind', 'rounded.target_kind') }} as target_kind_name_zh,
        {{ label_of('target_kind', 'rounded.target_kind', 'label_en') }} as target_kind_name_en,
        {{ label_of('revision_state', 'rounded.revision_state_code') }} as revision_state_name_zh,
        {{ label_of('revision_state', 'rounded.revision_state_code', 'label_en') }} as revision_state_name_en
    from rounded
)

select * from final
