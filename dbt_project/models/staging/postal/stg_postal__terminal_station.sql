with source as (
    select * from {{ source('raw', 'postal_terminal_station') }}
),

final as (
    select
        _city_code as city_code,
        cast(substring(_period, 1, 7) || '-01' as date) as period_month,
        station_no,
        station_name,
        company_name,
        {{ current_region('region_code') }} as region_code,
        address,
        is_joint,
        opened_on,
        closed_on,
        {{ lineage() }}
    from source
)

select * from final
