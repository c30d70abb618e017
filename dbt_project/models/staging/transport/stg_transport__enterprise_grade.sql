with source as (
    select * from {{ source('raw', 'transport_enterprise_grade') }}
),

ranked as (
    {{ rank_versions(['certificate_no'], by_change_time=true) }}
),

final as (
    select
        _city_code as city_code,
        certificate_no,
        enterprise_id,
        upper(grade_code) as grade_code,
        valid_from,
        valid_to,
        revoked_on,
        {{ lineage() }}
    from ranked
    where version_rank = 1 and not is_deleted
)

select * from final
