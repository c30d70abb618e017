with source as (
    select * from {{ source('raw', 'transport_milestone') }}
),

ranked as (
    {{ rank_versions(['milestone_id'], by_change_time=true) }}
),

final as (
    select
        _city_code as city_code,
        milestone_id,
        indicator_code,
        work_no,
        year,
        achieved_on,
        reported_on,
        document_no,
        document_title,
        {{ lineage() }}
    from ranked
    where version_rank = 1 and not is_deleted
)

select * from final
