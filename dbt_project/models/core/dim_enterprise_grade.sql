with grades as (
    select * from {{ ref('stg_transport__enterprise_grade') }}
),

transport_ids as (
    select * from {{ ref('int_enterprise__transport_id') }}
),

final as (
    select
        grades.city_code,
        'transport:' || grades.certificate_no as certificate_key,
        transport_ids.enterprise_key,
        grades.grade_code,
        cast(substring(grades.grade_code, 1, 1) as integer) as grade_level,
        grades.valid_from,
        grades.valid_to,
        grades.revoked_on,
        grades.source_file_key,
        grades.source_sheet,
        grades.source_row_number
    from grades
    left join transport_ids
        on
            grades.city_code = transport_ids.city_code
            and grades.enterprise_id = transport_ids.enterprise_id
)

select * from final
