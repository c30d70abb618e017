-- Two rows of one company meet where a retired region's code is mapped to its successor's.
with volumes as (
    select * from {{ ref('stg_postal__parcel_volume') }}
),

final as (
    select
        city_code,
        period_month,
        region_code,
        company_name,
        cast(sum(inbound_parcels) as bigint) as inbound_parcels,
        cast(sum(outbound_parcels) as bigint) as outbound_parcels,
        min(source_file_key) as source_file_key,
        min(source_sheet) as source_sheet,
        min(source_row_number) as source_row_number
    from volumes
    group by city_code, period_month, region_code, company_name
)

select * from final
