with source as (
    select * from {{ source('raw', 'transport_enterprise') }}
),

ranked as (
    {{ rank_versions(['enterprise_id'], by_change_time=true) }}
),

final as (
    select
        _city_code as city_code,
        enterprise_id,
        upper(credit_code) as credit_code,
        name as enterprise_name,
        {{ current_region('region_code') }} as region_code,
        is_demonstration,
        registered_on,
        closed_on,
        changed_at,
        {{ lineage() }}
    from ranked
    where version_rank = 1 and not is_deleted
)

select * from final
