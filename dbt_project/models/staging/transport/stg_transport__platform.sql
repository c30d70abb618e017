with source as (
    select * from {{ source('raw', 'transport_platform') }}
),

ranked as (
    {{ rank_versions(['platform_id'], by_change_time=true) }}
),

final as (
    select
        _city_code as city_code,
        platform_id,
        platform_kind_code,
        name as platform_name,
        owner_name,
        in_service_on,
        out_of_service_on,
        {{ lineage() }}
    from ranked
    where version_rank = 1 and not is_deleted
)

select * from final
