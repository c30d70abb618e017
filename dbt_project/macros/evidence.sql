{% macro evidence_columns(indicator_code, part_code, entity_kind_code, entity_key, of, weight='1', region_code=none) -%}
        months.city_code,
        cast('{{ indicator_code }}' as text) as indicator_code,
        months.period_month,
        cast('{{ part_code }}' as text) as part_code,
        cast('{{ entity_kind_code }}' as text) as entity_kind_code,
        {{ entity_key }} as entity_key,
        cast({{ weight }} as numeric(20, 6)) as weight,
        {{ region_code or 'months.city_code' }} as region_code,
        {{ of }}.source_file_key,
        {{ of }}.source_sheet,
        {{ of }}.source_row_number
{%- endmacro %}

{% macro evidence_column_names(part_code=none) -%}
        city_code,
        indicator_code,
        period_month,
        {% if part_code %}cast('{{ part_code }}' as text) as {% endif %}part_code,
        entity_kind_code,
        entity_key,
        weight,
        region_code,
        source_file_key,
        source_sheet,
        source_row_number
{%- endmacro %}

{% macro counted_evidence(indicator_code, numerator, denominator=none) -%}
{%- set parts = {'numerator': numerator, 'denominator': denominator} if denominator else {'numerator': numerator} -%}
with months as (
    select * from {{ ref('int_indicator__month') }}
),

{% for part_code, part in parts.items() -%}
{{ part_code }} as (
    select
        {{ evidence_columns(
            indicator_code, part_code, part.entity, 'entities.' ~ (part.key or part.entity ~ '_key'), of='entities',
            weight=part.weight or '1',
            region_code='coalesce(entities.region_code, months.city_code)' if part.by_region
        ) }}
    from months
    inner join {{ part.of }} as entities
        on
            months.city_code = entities.city_code
            and {{ part.when | join('\n            and ') }}
),

{% endfor -%}
final as (
    select * from numerator
    {%- if denominator %}
    union all
    select * from denominator
    {%- endif %}
)

select * from final
{%- endmacro %}

{% macro fund_evidence(indicator_code, fund_kind_code) -%}
{{ counted_evidence(
    indicator_code,
    numerator={
        'of': ref('fct_fund_payment'), 'entity': 'fund_entry', 'key': 'entry_key', 'weight': 'entities.amount_yuan',
        'when': [
            "months.year = entities.year",
            "(months.is_year_over or months.as_of_day >= entities.booked_on)",
            "entities.fund_kind_code = '" ~ fund_kind_code ~ "'",
        ],
    }
) }}
{%- endmacro %}

{% macro in_year_to_date(column) -%}
    entities.{{ column }} between months.year_begins_on and months.as_of_day
{%- endmacro %}

{% macro in_programme_to_date(column) -%}
    entities.{{ column }} between months.programme_begins_on and months.as_of_day
{%- endmacro %}
