-- One row per month and tricycle in use by the newest monthly register up to the month: marked ones over all.
with months as (
    select * from {{ ref('int_indicator__month') }}
),

tricycles as (
    select * from {{ ref('fct_tricycle_inspection') }}
),

newest_register as (
    select
        months.city_code,
        months.period_month,
        months.as_of_day,
        max(tricycles.period_month) as register_month
    from months
    inner join tricycles
        on
            months.city_code = tricycles.city_code
            and months.period_month >= tricycles.period_month
    group by months.city_code, months.period_month, months.as_of_day
),

in_use as (
    select
        {{ evidence_columns(
            'tricycle_marking_share', 'denominator', 'tricycle', 'tricycles.tricycle_key',
            of='tricycles', region_code='coalesce(tricycles.region_code, months.city_code)'
        ) }},
        tricycles.is_marking_uniform
    from newest_register as months
    inner join tricycles
        on
            months.city_code = tricycles.city_code
            and months.register_month = tricycles.period_month
    where {{ is_in_service('months.as_of_day', 'tricycles.in_use_from', 'tricycles.in_use_to') }}
),

numerator as (
    select
        {{ evidence_column_names(part_code='numerator') }}
    from in_use
    where is_marking_uniform
),

denominator as (
    select
        {{ evidence_column_names() }}
    from in_use
),

final as (
    select * from numerator
    union all
    select * from denominator
)

select * from final
