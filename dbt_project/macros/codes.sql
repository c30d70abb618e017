{#- Whether this warehouse is filled by the demonstration agencies; the readers' tables say so in every row. -#}
{% macro is_synthetic() -%} cast({{ var("is_synthetic") }} as boolean) {%- endmacro %}

{#- Regions retired in 2014 (GB/T 2260) that old records still carry: 320705 新浦区, 320721 赣榆县. -#}
{% macro current_region(column) -%}
    case {{ column }} when '320705' then '320706' when '320721' then '320707' else {{ column }} end
{%- endmacro %}

{#- A plate as the warehouse compares it: upper case, without the dot or space that may stand after 苏G. -#}
{% macro normal_plate(column) -%}
    upper(translate({{ column }}, '·•・．. 　-', ''))
{%- endmacro %}

{#- The month of a date or local time, as its first day. -#}
{% macro month_of(column) -%} cast(date_trunc('month', {{ column }}) as date) {%- endmacro %}

{#- Whether a register row counts as in service on a day (the rule of the indicators). -#}
{% macro is_in_service(day, begins='in_service_on', ends='out_of_service_on') -%}
    ({{ begins }} <= {{ day }} and ({{ ends }} is null or {{ ends }} > {{ day }}))
{%- endmacro %}
