with calendar as (
    select * from {{ ref('stg_reference__calendar') }}
),

programme as (
    select * from {{ ref('programme') }}
),

final as (
    select
        programme.city_code,
        calendar.calendar_date as date_day,
        {{ month_of('calendar.calendar_date') }} as period_month,
        cast(extract(year from calendar.calendar_date) as integer) as year,
        cast(extract(quarter from calendar.calendar_date) as integer) as quarter,
        cast(extract(month from calendar.calendar_date) as integer) as month,
        cast(extract(isodow from calendar.calendar_date) as integer) as weekday,
        '星期' || substring(
            '一二三四五六日', cast(extract(isodow from calendar.calendar_date) as integer), 1
        ) as weekday_name_zh,
        (array['Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday', 'Sunday'])[
            cast(extract(isodow from calendar.calendar_date) as integer)
        ] as weekday_name_en,
        calendar.is_working_day,
        calendar.is_official_holiday,
        calendar.holiday_name_zh,
        calendar.holiday_name_en,
        calendar.is_make_up_working_day,
        calendar.is_calendar_provisional
    from calendar
    cross join programme
)

select * from final
