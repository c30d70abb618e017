with source as (
    select * from {{ source('raw', 'transport_milestone') }}
),

ranked as (
    select
        *,
        row_number() over (
            partition by _city_code, milestone_id
            order by changed_at desc, _period desc, _row_number desc
        ) as version_rank
    from source
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
