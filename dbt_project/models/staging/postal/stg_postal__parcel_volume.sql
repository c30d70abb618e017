with source as (
    select * from {{ source('raw', 'postal_parcel_volume') }}
),

final as (
    select
        _city_code as city_code,
        cast(substring(_period, 1, 7) || '-01' as date) as period_month,
        {{ current_region('region_code') }} as region_code,
        company_name,
        inbound_parcels,
        outbound_parcels,
        {{ lineage() }}
    from source
)

select * from final
