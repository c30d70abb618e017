-- One row per region code (GB/T 2260), retired and statistical codes included.
with regions as (
    select * from {{ ref('plan_region') }}
),

programme as (
    select * from {{ ref('programme') }}
),

final as (
    select
        regions.city_code,
        regions.region_code,
        regions.name_zh as region_name_zh,
        regions.name_en as region_name_en,
        regions.region_kind_code,
        regions.current_region_code,
        regions.display_order
    from regions
    inner join programme on regions.city_code = programme.city_code
)

select * from final
