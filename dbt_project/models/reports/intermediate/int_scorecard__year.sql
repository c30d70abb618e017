-- One row per indicator and year: its figures of the year's last month up to the as-of month, the trend of
-- its status since the month before, and how far it is below what decides the status.
with figures as (
    select * from {{ ref('fct_indicator_value') }}
    where region_code = city_code
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

-- A milestone has no value as its target: what is missing of it is 1.
final as (
    select
        *,
        case
            when standing > previous_standing then 'improved'
            when standing < previous_standing then 'worsened'
            when standing = previous_standing then 'unchanged'
        end as status_trend_code,
        cast(case
            when status_code = 'not_met' then coalesce(target_value, 1) - actual_value
            when status_code = 'behind' then coalesce(expected_value, 1) - actual_value
            when status_code <> 'no_data' then 0
        end as numeric(20, 6)) as gap_value
    from year_rows
)

select * from final
