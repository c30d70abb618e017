with source as (
    select * from {{ source('raw', 'transport_policy') }}
),

ranked as (
    select
        *,
        row_number() over (
            partition by _city_code, policy_id
            order by changed_at desc, _period desc, _row_number desc
        ) as version_rank
    from source
),

final as (
    select
        _city_code as city_code,
        policy_id,
        policy_kind_code,
        title,
        document_no,
        issuing_unit_name,
        issued_on,
        repealed_on,
        {{ lineage() }}
    from ranked
    where version_rank = 1 and not is_deleted
)

select * from final
