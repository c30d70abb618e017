with source as (
    select * from {{ source('raw', 'postal_tricycle') }}
),

final as (
    select
        _city_code as city_code,
        cast(substring(_period, 1, 7) || '-01' as date) as period_month,
        tricycle_no,
        company_name,
        {{ current_region('region_code') }} as region_code,
        in_use_from,
        in_use_to,
        inspected_on,
        is_marking_uniform,
        remark,
        {{ lineage() }}
    from source
)

select * from final
