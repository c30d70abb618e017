{#- The model has no rows; returns those it has. -#}
{% test is_empty(model) %}
    select * from {{ model }}
{% endtest %}
