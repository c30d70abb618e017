with funds as (
    select * from {{ ref('stg_transport__fund') }}
),

final as (
    select
        city_code,
        {{ month_of('booked_on') }} as period_month,
        'transport:' || entry_id as entry_key,
        fund_kind_code,
        purpose_code,
        purpose_name,
        amount_yuan,
        booked_on,
        cast(year as integer) as year,
        document_no,
        source_file_key,
        source_sheet,
        source_row_number
    from funds
)

select * from final
