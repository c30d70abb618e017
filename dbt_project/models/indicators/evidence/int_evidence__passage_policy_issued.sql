-- One row per month in which a policy of work (10) is in force on the as-of day: the earliest one issued.
with months as (
    select * from {{ ref('int_indicator__month') }}
),

policies as (
    select * from {{ ref('fct_policy') }}
),

in_force as (
    select
        {{ evidence_columns(
            'passage_policy_issued', 'numerator', 'policy', 'policies.policy_key', of='policies'
        ) }},
        row_number() over (
            partition by months.city_code, months.period_month
            order by policies.issued_on, policies.policy_key
        ) as policy_no
    from months
    inner join policies
        on
            months.city_code = policies.city_code
            and {{ is_in_service('months.as_of_day', 'policies.issued_on', 'policies.repealed_on') }}
    where policies.policy_kind_code in ('passage', 'time_area')
),

final as (
    select
        {{ evidence_column_names() }}
    from in_force
    where policy_no = 1
)

select * from final
