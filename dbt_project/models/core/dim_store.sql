with reports as (
    select
        *,
        row_number() over (partition by city_code, store_code order by period_month desc) as recency,
        min(period_month) over (partition by city_code, store_code) as first_report_month
    from {{ ref('stg_commerce__store_delivery') }}
),

final as (
    select
        city_code,
        'commerce:' || store_code as store_key,
        store_code,
        store_name,
        district_name,
        store_kind_code,
        is_centre_area,
        first_report_month,
        period_month as last_report_month,
        source_file_key,
        source_sheet,
        source_row_number
    from reports
    where recency = 1
)

select * from final
