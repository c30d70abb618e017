with source as (
    select * from {{ source('raw', 'transport_fund') }}
),

ranked as (
    select
        *,
        row_number() over (
            partition by _city_code, entry_id
            order by changed_at desc, _period desc, _row_number desc
        ) as version_rank
    from source
),

final as (
    select
        _city_code as city_code,
        entry_id,
        fund_kind_code,
        purpose_code,
        purpose_name,
        amount_yuan,
        booked_on,
        year,
        document_no,
        {{ lineage() }}
    from ranked
    where version_rank = 1 and not is_deleted
)

select * from final
