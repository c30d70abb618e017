-- One row per quarter from the programme's first to the as-of day's, with the day its stocks are counted at.
with months as (
    select * from {{ ref('int_indicator__month') }}
),

final as (
    select
        city_code,
        cast(date_trunc('quarter', period_month) as date) as quarter_begins_on,
        year,
        cast(extract(quarter from period_month) as integer) as quarter_no,
        max(period_month) as last_month,
        max(as_of_day) as as_of_day,
        min(programme_begins_on) as programme_begins_on
    from months
    group by
        city_code,
        year,
        cast(date_trunc('quarter', period_month) as date),
        cast(extract(quarter from period_month) as integer)
)

select * from final
