-- One row per month and enterprise platform in service on the month's as-of day.
with months as (
    select * from {{ ref('int_indicator__month') }}
),

platforms as (
    select * from {{ ref('dim_platform') }}
),

final as (
    select
        {{ evidence_columns(
            'enterprise_platform', 'numerator', 'platform', 'platforms.platform_key',
            of='platforms'
        ) }}
    from months
    inner join platforms
        on
            months.city_code = platforms.city_code
            and {{ is_in_service(
                'months.as_of_day', 'platforms.in_service_on', 'platforms.out_of_service_on'
            ) }}
    where platforms.platform_kind_code = 'enterprise'
)

select * from final
