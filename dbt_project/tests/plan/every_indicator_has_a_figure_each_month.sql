-- Returns each indicator and month without its one row for the city, and each indicator without an evidence model.
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
    {% set evidence = 'model.green_freight.fct_indicator_evidence' %}
    {% set prefix = 'model.green_freight.int_evidence__' %}
    {% for node in (graph.nodes[evidence].depends_on.nodes if execute else []) if node.startswith(prefix) -%}
        select cast('{{ node[prefix | length:] }}' as text) as indicator_code
        union all
    {% endfor -%}
    select cast(null as text) as indicator_code
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

indicators_without_model as (
    select
        indicators.indicator_code,
        cast(null as date) as period_month,
        0 as row_count
    from indicators
    left join modelled on indicators.indicator_code = modelled.indicator_code
    where modelled.indicator_code is null
),

final as (
    select * from missing_figures
    union all
    select * from indicators_without_model
)

select * from final
