with enterprises as (
    select * from {{ ref('stg_commerce__cold_chain_enterprise') }}
),

final as (
    select
        city_code,
        period_month,
        'uscc:' || credit_code as enterprise_key,
        cold_storage_m3,
        refrigerated_vehicle_count,
        source_file_key,
        source_sheet,
        source_row_number
    from enterprises
)

select * from final
