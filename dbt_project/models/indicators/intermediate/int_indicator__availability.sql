-- One row per indicator and month: whether its datasets were delivered, are stale, and how complete they are.
with dataset_months as (
    select * from {{ ref('int_indicator__dataset_month') }}
),

dependencies as (
    select * from {{ ref('int_indicator__dataset') }}
),

-- Windows of months: to date over the whole programme, and to date within the year.
running as (
    select
        *,
        sum(parts_due) over programme as programme_parts_due,
        sum(parts_delivered) over programme as programme_parts_delivered,
        sum(days_delivered) over programme as programme_days_delivered,
        sum(parts_due) over year_to_date as year_parts_due,
        sum(parts_delivered) over year_to_date as year_parts_delivered,
        sum(days_delivered) over year_to_date as year_days_delivered,
        case when parts_due = 0 then lag(parts_delivered) over programme else parts_delivered end
            as due_form_delivered
    from dataset_months
    window
        programme as (partition by city_code, dataset_id order by period_month),
        year_to_date as (
            partition by city_code, dataset_id, date_trunc('year', period_month) order by period_month
        )
),

assessed as (
    select
        running.city_code,
        dependencies.indicator_code,
        running.period_month,
        case dependencies.window_code
            when 'whole_register' then running.has_any_delivery
            when 'newest_up_to_month' then running.programme_days_delivered > 0
            else running.year_days_delivered > 0
        end as has_data,
        case
            when dependencies.window_code = 'whole_register' then not running.is_complete_through_due
            else coalesce(running.due_form_delivered = 0, false)
        end as is_stale,
        case
            when dependencies.window_code = 'year_to_date'
                then
                    least(running.year_parts_delivered, running.year_parts_due)
                    / cast(nullif(running.year_parts_due, 0) as numeric)
            when running.granularity_code = 'month'
                then case
                    when dependencies.window_code = 'whole_register'
                        then case when running.is_complete_through_due then 1 else 0 end
                    else least(coalesce(running.due_form_delivered, 1), 1)
                end
            else running.programme_parts_delivered / cast(nullif(running.programme_parts_due, 0) as numeric)
        end as completeness
    from running
    inner join dependencies on running.dataset_id = dependencies.dataset_id
),

final as (
    select
        city_code,
        indicator_code,
        period_month,
        min(case when has_data then 1 else 0 end) = 1 as has_data,
        max(case when is_stale then 1 else 0 end) = 1 as is_stale,
        cast(round(min(completeness), 6) as numeric(20, 6)) as completeness_ratio
    from assessed
    group by city_code, indicator_code, period_month
)

select * from final
