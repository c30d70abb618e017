{% macro is_synthetic() -%} cast({{ var("is_synthetic") }} as boolean) {%- endmacro %}

{% macro current_region(column) -%}
    coalesce(
        (
            -- Other names than the outer query's, which `column` means.
            select regions.successor_code
            from (
                select
                    region_code as known_code,
                    current_region_code as successor_code
                from {{ ref('plan_region') }}
            ) as regions
            where regions.known_code = {{ column }}
        ),
        {{ column }}
    )
{%- endmacro %}

{% macro normal_plate(column) -%}
    upper(translate({{ column }}, '·•・．. 　-', ''))
{%- endmacro %}

{% macro month_of(column) -%} cast(date_trunc('month', {{ column }}) as date) {%- endmacro %}

{% macro is_in_service(day, begins='in_service_on', ends='out_of_service_on') -%}
    ({{ begins }} <= {{ day }} and ({{ ends }} is null or {{ ends }} > {{ day }}))
{%- endmacro %}
