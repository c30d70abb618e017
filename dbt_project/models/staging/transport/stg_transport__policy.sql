with source as (
    select * from {{ source('raw', 'transport_policy') }}
),

ranked as (
    {{ rank_versions(['policy_id'], by_change_time=true) }}
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
