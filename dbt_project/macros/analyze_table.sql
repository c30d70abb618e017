{#- The statement that counts a new table's rows for the planner; nothing for a view. -#}
{% macro analyze_table() -%}
    {%- if model.config.materialized != 'view' -%} analyze {{ this }} {%- endif -%}
{%- endmacro %}
