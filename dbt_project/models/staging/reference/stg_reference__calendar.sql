with source as (
    select * from {{ source('raw', 'reference_calendar') }}
),

final as (
    select
        calendar_date,
        is_working_day,
        is_official_holiday,
        holiday_name_zh,
        holiday_name_en,
        is_make_up_working_day,
        is_calendar_provisional
    from source
)

select * from final
