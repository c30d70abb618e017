with figures as (
    select * from {{ ref('stg_transport__reported_figure') }}
),

final as (
    select
        city_code,
        indicator_code,
        period_month,
        reported_value,
        reporting_unit_name,
        source_file_key,
        source_sheet,
        source_row_number
    from figures
)

select * from final
