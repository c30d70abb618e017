with source as (
    select * from {{ source('raw', 'commerce_store_delivery') }}
),

ranked as (
    {{ rank_versions(['store_code', 'report_month']) }}
),

final as (
    select
        _city_code as city_code,
        cast(report_month || '-01' as date) as period_month,
        store_code,
        store_name,
        district_name,
        store_kind_code,
        is_centre_area,
        total_tonnes,
        joint_tonnes,
        night_tonnes,
        joint_night_tonnes,
        {{ lineage() }}
    from ranked
    where version_rank = 1
)

select * from final
