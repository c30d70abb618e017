with milestones as (
    select * from {{ ref('stg_transport__milestone') }}
),

final as (
    select
        city_code,
        'transport:' || milestone_id as milestone_key,
        indicator_code,
        cast(work_no as integer) as work_no,
        cast(year as integer) as year,
        achieved_on,
        reported_on,
        document_no,
        document_title,
        source_file_key,
        source_sheet,
        source_row_number
    from milestones
)

select * from final
