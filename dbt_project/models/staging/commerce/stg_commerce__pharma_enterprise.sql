with source as (
    select * from {{ source('raw', 'commerce_pharma_enterprise') }}
),

ranked as (
    select
        *,
        row_number() over (
            partition by _city_code, credit_code, report_month
            order by _period desc, _row_number desc
        ) as version_rank
    from source
),

final as (
    select
        _city_code as city_code,
        cast(report_month || '-01' as date) as period_month,
        upper(credit_code) as credit_code,
        name as enterprise_name,
        gsp_certificate_no,
        first_operated_on,
        informatization_pct,
        {{ lineage() }}
    from ranked
    where version_rank = 1
)

select * from final
