-- One row per month and open, registered enterprise with a certificate of grade 3A or above that is valid on
-- the as-of day.
with months as (
    select * from {{ ref('int_indicator__month') }}
),

enterprises as (
    select * from {{ ref('dim_enterprise') }}
),

certificates as (
    select * from {{ ref('dim_enterprise_grade') }}
),

valid_certificates as (
    select
        {{ evidence_columns(
            'enterprise_3a', 'numerator', 'enterprise', 'certificates.enterprise_key',
            of='certificates'
        ) }},
        row_number() over (
            partition by months.city_code, months.period_month, certificates.enterprise_key
            order by
                certificates.grade_level desc,
                certificates.valid_from asc,
                certificates.certificate_key asc
        ) as certificate_no
    from months
    inner join certificates
        on
            months.city_code = certificates.city_code
            and months.as_of_day between certificates.valid_from and certificates.valid_to
            and (certificates.revoked_on is null or months.as_of_day < certificates.revoked_on)
    inner join enterprises
        on
            certificates.city_code = enterprises.city_code
            and certificates.enterprise_key = enterprises.enterprise_key
            and (enterprises.closed_on is null or months.as_of_day < enterprises.closed_on)
    where certificates.grade_level >= 3 and not enterprises.is_inferred
),

final as (
    select
        {{ evidence_column_names() }}
    from valid_certificates
    where certificate_no = 1
)

select * from final
