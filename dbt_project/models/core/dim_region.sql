-- One row per region code (GB/T 2260), retired and statistical codes included.
with regions as (
    select * from {{ ref('plan_region') }}
),

final as (
    select
        city_code,
        region_code,
        name_zh as region_name_zh,
        name_en as region_name_en,
        region_kind_code,
        current_region_code,
        display_order
    from regions
    where city_code = {{ city_code() }}
)

select * from final
