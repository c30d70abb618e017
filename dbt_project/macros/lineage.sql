{% macro lineage(relation=none) -%}
    {%- set prefix = relation ~ '.' if relation else '' -%}
    {{ prefix }}_source_file_key as source_file_key,
        {{ prefix }}_sheet as source_sheet,
        {{ prefix }}_row_number as source_row_number
{%- endmacro %}

{% macro shanghai_instant(column) -%} {{ adapter.dispatch('shanghai_instant')(column) }} {%- endmacro %}
{% macro default__shanghai_instant(column) -%} {{ column }} at time zone 'Asia/Shanghai' {%- endmacro %}
{% macro spark__shanghai_instant(column) -%} to_utc_timestamp({{ column }}, 'Asia/Shanghai') {%- endmacro %}
