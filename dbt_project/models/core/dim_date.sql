with calendar as (
    select * from {{ source('raw', 'reference_calendar') }}
),

final as (
    select
        {{ city_code() }} as city_code,
        calendar_date as date_day,
        {{ month_of('calendar_date') }} as period_month,
        cast(extract(year from calendar_date) as integer) as year,
        cast(extract(quarter from calendar_date) as integer) as quarter,
        cast(extract(month from calendar_date) as integer) as month,
        cast(extract(isodow from calendar_date) as integer) as weekday,
        '星期' || substring(
            '一二三四五六日', cast(extract(isodow from calendar_date) as integer), 1
        ) as weekday_name_zh,
        (array['Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday', 'Sunday'])[
            cast(extract(isodow from calendar_date) as integer)
        ] as weekday_name_en,
        is_working_day,
        is_official_holiday,
        holiday_name_zh,
        holiday_name_en,
        is_make_up_working_day,
        is_calendar_provisional
    from calendar
)

select * from final
