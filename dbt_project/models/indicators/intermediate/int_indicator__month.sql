-- One row per month from 2023-01 to the as-of month, with the day its figures are judged at.
with days as (
    select * from {{ ref('dim_date') }}
    where date_day between cast('2023-01-01' as date) and cast('{{ var("as_of_date") }}' as date)
),

months as (
    select
        city_code,
        period_month,
        year,
        max(date_day) as as_of_day,
        cast(date_trunc('year', period_month) as date) as year_begins_on,
        cast(date_trunc('year', period_month) + interval '1 year' - interval '1 day' as date) as year_ends_on,
        cast(period_month + interval '1 month' - interval '1 day' as date) as month_ends_on
    from days
    where city_code = {{ city_code() }}
    group by city_code, period_month, year
),

final as (
    select
        city_code,
        period_month,
        year,
        as_of_day,
        cast('2023-01-01' as date) as programme_begins_on,
        year_begins_on,
        as_of_day - year_begins_on + 1 as days_elapsed,
        year_ends_on - year_begins_on + 1 as days_of_year,
        coalesce(as_of_day = year_ends_on, false) as is_year_over,
        coalesce(as_of_day = month_ends_on, false) as is_month_over,
        -- The one definition of the closing time, which ops.coverage uses too.
        case
            when ops.closes_on(period_month) <= cast('{{ var("as_of_date") }}' as date) then 'final'
            else 'provisional'
        end as revision_state_code
    from months
)

select * from final
