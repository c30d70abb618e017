-- One row per month from the programme's first to the as-of month, with the day its figures refer to.
with build as (
    select * from {{ ref('int_build__as_of') }}
),

days as (
    select
        dates.*,
        build.as_of_date
    from {{ ref('dim_date') }} as dates
    inner join build on dates.date_day <= build.as_of_date
),

programme as (
    select * from {{ ref('programme') }}
),

months as (
    select
        days.city_code,
        days.period_month,
        days.year,
        programme.first_day as programme_begins_on,
        programme.days_to_close,
        days.as_of_date,
        max(days.date_day) as as_of_day,
        cast(date_trunc('year', days.period_month) as date) as year_begins_on,
        cast(date_trunc('year', days.period_month) + interval '1 year' - interval '1 day' as date)
            as year_ends_on,
        cast(days.period_month + interval '1 month' - interval '1 day' as date) as month_ends_on
    from days
    inner join programme
        on
            days.city_code = programme.city_code
            and days.date_day >= programme.first_day
    group by
        days.city_code,
        days.period_month,
        days.year,
        programme.first_day,
        programme.days_to_close,
        days.as_of_date
),

final as (
    select
        city_code,
        period_month,
        year,
        as_of_day,
        programme_begins_on,
        year_begins_on,
        as_of_day - year_begins_on + 1 as days_elapsed,
        year_ends_on - year_begins_on + 1 as days_of_year,
        coalesce(as_of_day = year_ends_on, false) as is_year_over,
        coalesce(as_of_day = month_ends_on, false) as is_month_over,
        case
            when month_ends_on + days_to_close <= as_of_date then 'final'
            else 'provisional'
        end as revision_state_code
    from months
)

select * from final
