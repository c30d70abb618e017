-- Returns each indicator and month without its one row for the city, and each evidence
-- model without an indicator.
with months as (
    select * from {{ ref('int_indicator__month') }}
),

indicators as (
    select * from {{ ref('dim_indicator') }}
),

figures as (
    select * from {{ ref('fct_indicator_value') }}
    where region_code = city_code
),

modelled as (
    {% for code in indicator_codes() -%}
        select cast('{{ code }}' as text) as indicator_code
        {{ "union all" if not loop.last }}
    {% endfor %}
),

missing_figures as (
    select
        indicators.indicator_code,
        months.period_month,
        count(figures.indicator_code) as row_count
    from months
    inner join indicators on months.city_code = indicators.city_code
    left join figures
        on
            months.city_code = figures.city_code
            and months.period_month = figures.period_month
            and indicators.indicator_code = figures.indicator_code
    group by indicators.indicator_code, months.period_month
    having count(figures.indicator_code) != 1
),

unmatched_models as (
    select
        coalesce(indicators.indicator_code, modelled.indicator_code) as indicator_code,
        cast(null as date) as period_month,
        0 as row_count
    from indicators
    full outer join modelled on indicators.indicator_code = modelled.indicator_code
    where indicators.indicator_code is null or modelled.indicator_code is null
),

final as (
    select * from missing_figures
    union all
    select * from unmatched_models
)

select * from final
