-- One row per month, centre-area store and report of the year to date; weight in tonnes, joint or night
-- over all.
with months as (
    select * from {{ ref('int_indicator__month') }}
),

deliveries as (
    select * from {{ ref('fct_store_delivery') }}
),

store_reports as (
    select
        city_code,
        store_key || ':' || substring(cast(period_month as text), 1, 7) as report_key,
        period_month,
        sum(case when mode_code = 'neither' then 0 else freight_tonnes end) as joint_or_night_tonnes,
        sum(freight_tonnes) as all_tonnes,
        max(source_file_key) as source_file_key,
        max(source_sheet) as source_sheet,
        max(source_row_number) as source_row_number
    from deliveries
    where is_centre_area
    group by city_code, store_key, period_month
),

numerator as (
    select
        {{ evidence_columns(
            'joint_delivery_share', 'numerator', 'store_report', 'store_reports.report_key',
            of='store_reports', weight='store_reports.joint_or_night_tonnes'
        ) }}
    from months
    inner join store_reports
        on
            months.city_code = store_reports.city_code
            and store_reports.period_month between months.year_begins_on and months.period_month
    where store_reports.joint_or_night_tonnes > 0
),

denominator as (
    select
        {{ evidence_columns(
            'joint_delivery_share', 'denominator', 'store_report', 'store_reports.report_key',
            of='store_reports', weight='store_reports.all_tonnes'
        ) }}
    from months
    inner join store_reports
        on
            months.city_code = store_reports.city_code
            and store_reports.period_month between months.year_begins_on and months.period_month
),

final as (
    select * from numerator
    union all
    select * from denominator
)

select * from final
