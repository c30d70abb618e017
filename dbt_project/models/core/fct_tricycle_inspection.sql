with tricycles as (
    select
        *,
        cast(period_month + interval '1 month' - interval '1 day' as date) as month_end
    from {{ ref('stg_postal__tricycle') }}
),

final as (
    select
        city_code,
        period_month,
        'postal:' || tricycle_no as tricycle_key,
        company_name,
        region_code,
        in_use_from,
        in_use_to,
        inspected_on,
        coalesce(
            {{ is_in_service('month_end', 'in_use_from', 'in_use_to') }}, false
        ) as is_in_use_at_month_end,
        is_marking_uniform,
        remark,
        source_file_key,
        source_sheet,
        source_row_number
    from tricycles
)

select * from final
