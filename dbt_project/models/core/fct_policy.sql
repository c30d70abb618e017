with policies as (
    select * from {{ ref('stg_transport__policy') }}
),

final as (
    select
        city_code,
        'transport:' || policy_id as policy_key,
        policy_kind_code,
        title,
        document_no,
        issuing_unit_name,
        issued_on,
        repealed_on,
        source_file_key,
        source_sheet,
        source_row_number
    from policies
)

select * from final
