-- One row per entity that counts in one part of one indicator's figure of one month.
with indicators as (
    select * from {{ ref('dim_indicator') }}
),

evidence as (
    {% for code in evidence_indicators() -%}
        select
            {{ evidence_column_names() }}
        from {{ ref('int_evidence__' ~ code) }}
        {{ "union all" if not loop.last }}
    {% endfor %}
),

-- A city's plan may lack an indicator that has a model.
final as (
    select evidence.*
    from evidence
    inner join indicators
        on
            evidence.city_code = indicators.city_code
            and evidence.indicator_code = indicators.indicator_code
)

select * from final
