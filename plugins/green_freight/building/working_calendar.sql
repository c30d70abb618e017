-- The working calendar in raw.

-- name: create
create table if not exists raw.reference_calendar (
    calendar_date date primary key,
    is_working_day boolean not null,
    is_official_holiday boolean not null,
    holiday_name_zh text,
    holiday_name_en text,
    is_make_up_working_day boolean not null,
    is_calendar_provisional boolean not null
)
