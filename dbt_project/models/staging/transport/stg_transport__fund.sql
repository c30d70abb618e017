with source as (
    select * from {{ source('raw', 'transport_fund') }}
),

ranked as (
    {{ rank_versions(['entry_id'], by_change_time=true) }}
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
