{% macro label_of(kind, code, part='label_zh') -%}
    (
        select labels.{{ part }}
        from {{ ref('dim_label') }} as labels
        where labels.kind = '{{ kind }}' and labels.code = {{ code }}
    )
{%- endmacro %}
