-- One row per dataset and month: how much of what was due is delivered, up to the month's as-of day.
with months as (
    select * from {{ ref('int_indicator__month') }}
),

datasets as (
    select * from {{ ref('dataset') }}
),

expected_parts as (
    select * from {{ ref('stg_ops__expected_part') }}
),

delivered_days as (
    select * from {{ ref('int_indicator__delivered_day') }}
),

delivered_months as (
    select
        city_code,
        dataset_id,
        period_month,
        count(*) as days_delivered
    from delivered_days
    group by city_code, dataset_id, period_month
),

newest as (
    select
        city_code,
        dataset_id,
        max(date_day) as complete_through
    from delivered_days
    group by city_code, dataset_id
),

-- A form that was taken before its month was over does not reach the day on which it is due.
parts as (
    select
        months.city_code,
        expected_parts.dataset_id,
        months.period_month,
        max(expected_parts.due_on) as due_through,
        count(*) as parts_due,
        count(delivered_days.date_day) as parts_delivered
    from months
    inner join expected_parts
        on
            months.period_month = expected_parts.period_month
            and months.as_of_day >= expected_parts.due_on
    left join delivered_days
        on
            months.city_code = delivered_days.city_code
            and expected_parts.dataset_id = delivered_days.dataset_id
            and expected_parts.due_on = delivered_days.date_day
    group by months.city_code, expected_parts.dataset_id, months.period_month
),

-- Where nothing of a month is due yet, the part due is that of an earlier month.
due as (
    select
        months.city_code,
        months.period_month,
        datasets.dataset_id,
        datasets.granularity_code,
        max(parts.due_through) over (
            partition by months.city_code, datasets.dataset_id order by months.period_month
        ) as due_through,
        coalesce(parts.parts_due, 0) as parts_due,
        coalesce(parts.parts_delivered, 0) as parts_delivered
    from months
    cross join datasets
    left join parts
        on
            months.city_code = parts.city_code
            and datasets.dataset_id = parts.dataset_id
            and months.period_month = parts.period_month
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
        due.parts_delivered,
        newest.complete_through,
        newest.dataset_id is not null as has_any_delivery,
        due.due_through is null or coalesce(newest.complete_through >= due.due_through, false)
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
