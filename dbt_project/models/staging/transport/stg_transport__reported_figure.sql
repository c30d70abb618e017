with source as (
    select * from {{ source('raw', 'transport_reported_figure') }}
),

ranked as (
    {{ rank_versions(['indicator_code', 'period_month']) }}
),

final as (
    select
        _city_code as city_code,
        indicator_code,
        cast(period_month || '-01' as date) as period_month,
        reported_value,
        reporting_unit_name,
        {{ lineage() }}
    from ranked
    where version_rank = 1
)

select * from final
