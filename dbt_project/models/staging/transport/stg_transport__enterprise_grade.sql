with source as (
    select * from {{ source('raw', 'transport_enterprise_grade') }}
),

ranked as (
    select
        *,
        row_number() over (
            partition by _city_code, certificate_no
            order by changed_at desc, _period desc, _row_number desc
        ) as version_rank
    from source
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
