-- One row per dataset and month: how much of what was due is delivered, up to the month's as-of day.
with months as (
    select * from {{ ref('int_indicator__month') }}
),

datasets as (
    select * from {{ ref('dataset') }}
),

delivered_days as (
    select * from {{ ref('int_indicator__delivered_day') }}
),

delivered_months as (
    select
        city_code,
        dataset_id,
        period_month,
        count(*) as days_delivered,
        max(date_day) as complete_through
    from delivered_days
    group by city_code, dataset_id, period_month
),

newest as (
    select
        city_code,
        dataset_id,
        max(complete_through) as complete_through
    from delivered_months
    group by city_code, dataset_id
),

-- A monthly form comes on the month's last day: before that day the form due is the previous month's.
due as (
    select
        months.city_code,
        months.period_month,
        months.as_of_day,
        months.programme_begins_on,
        datasets.dataset_id,
        datasets.granularity_code,
        case
            when datasets.granularity_code = 'month' and not months.is_month_over then months.period_month - 1
            else months.as_of_day
        end as due_through,
        case
            when datasets.granularity_code = 'month' then case when months.is_month_over then 1 else 0 end
            else months.as_of_day - months.period_month + 1
        end as parts_due
    from months
    cross join datasets
),

final as (
    select
        due.city_code,
        due.dataset_id,
        due.period_month,
        due.granularity_code,
        due.due_through,
        due.parts_due,
        coalesce(delivered_months.days_delivered, 0) as days_delivered,
        -- A form that was taken before its month was over is not yet the one that is due.
        case
            when delivered_months.period_month is null then 0
            when due.granularity_code = 'month'
                then case when delivered_months.complete_through = due.due_through then 1 else 0 end
            else least(delivered_months.days_delivered, due.parts_due)
        end as parts_delivered,
        newest.complete_through,
        newest.dataset_id is not null as has_any_delivery,
        coalesce(newest.complete_through >= due.due_through, due.due_through < due.programme_begins_on)
            as is_complete_through_due
    from due
    left join delivered_months
        on
            due.city_code = delivered_months.city_code
            and due.dataset_id = delivered_months.dataset_id
            and due.period_month = delivered_months.period_month
    left join newest
        on
            due.city_code = newest.city_code
            and due.dataset_id = newest.dataset_id
)

select * from final
