{#- The columns of an evidence row, the same for every indicator: which thing counts, with which weight, and the
    file, sheet and row that told it. `of` is the alias of the relation counted; months must be joined as `months`. -#}
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

{#- The names of an evidence row's columns; a given part_code replaces the row's own. -#}
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
