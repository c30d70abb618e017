-- The list states the informatization rate in per cent; published shares are fractions.
with enterprises as (
    select * from {{ ref('stg_commerce__pharma_enterprise') }}
),

final as (
    select
        city_code,
        period_month,
        'uscc:' || credit_code as enterprise_key,
        gsp_certificate_no,
        first_operated_on,
        cast(round(informatization_pct / 100, 6) as numeric(20, 6)) as informatization_ratio,
        source_file_key,
        source_sheet,
        source_row_number
    from enterprises
)

select * from final
