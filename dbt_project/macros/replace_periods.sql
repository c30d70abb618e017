{#- How the large facts change: the months that changed are deleted whole and inserted whole, so that a row
    that vanished at its source vanishes here too (dbt's microbatch is a MERGE and left 914 such rows behind). -#}

{% macro changed_month_literals() -%}
    {%- set months = var('changed_months') or ['0001-01-01'] -%}
    {%- for month in months %}cast('{{ month }}' as date){{ ", " if not loop.last }}{% endfor -%}
{%- endmacro %}

{% macro is_period_to_build(column) -%}
    {%- if is_incremental() -%} {{ column }} in ({{ changed_month_literals() }}) {%- else -%} true {%- endif -%}
{%- endmacro %}

{% macro get_incremental_replace_periods_sql(arg_dict) %}
    {%- set columns = get_quoted_csv(arg_dict["dest_columns"] | map(attribute="name")) -%}
    delete from {{ arg_dict["target_relation"] }}
    where period_month in ({{ changed_month_literals() }});

    insert into {{ arg_dict["target_relation"] }} ({{ columns }})
    select {{ columns }}
    from {{ arg_dict["temp_relation"] }}
{% endmacro %}
