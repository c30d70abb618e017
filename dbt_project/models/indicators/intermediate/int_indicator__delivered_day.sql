-- One row per dataset and day that a successful load covers; a month's label covers its days up to
-- complete_through.
with loads as (
    select * from {{ ref('stg_ops__load') }}
    where complete_through is not null
),

programme as (
    select * from {{ ref('programme') }}
),

build as (
    select * from {{ ref('int_build__as_of') }}
),

days as (
    select dates.*
    from {{ ref('dim_date') }} as dates
    inner join programme
        on
            dates.city_code = programme.city_code
            and dates.date_day >= programme.first_day
    inner join build on dates.date_day <= build.as_of_date
),

deliveries as (
    select
        dataset_id,
        period_label,
        cast(
            case when length(period_label) = 7 then period_label || '-01' else period_label end as date
        ) as begins_on,
        length(period_label) = 7 as is_month,
        max(complete_through) as complete_through
    from loads
    group by dataset_id, period_label
),

final as (
    select
        days.city_code,
        deliveries.dataset_id,
        days.period_month,
        days.date_day,
        max(case when deliveries.is_month then 1 else 0 end) as month_deliveries
    from deliveries
    inner join days
        on
            {{ month_of('deliveries.begins_on') }} = days.period_month
            and deliveries.begins_on <= days.date_day
            and (deliveries.is_month or deliveries.begins_on = days.date_day)
            and deliveries.complete_through >= days.date_day
    group by days.city_code, deliveries.dataset_id, days.period_month, days.date_day
)

select * from final
