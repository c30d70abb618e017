{% test labelled(model, column_name, kind) %}
    select coded.{{ column_name }}
    from {{ model }} as coded
    left join {{ ref('label') }} as labels
        on
            labels.kind = '{{ kind }}'
            and coded.{{ column_name }} = labels.code
    where coded.{{ column_name }} is not null and labels.code is null
{% endtest %}
