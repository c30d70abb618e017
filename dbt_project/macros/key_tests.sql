{#- A key names one row and is never empty. Returns each key that does not, with how many rows carry it. A large fact
    names its column of months, which is part of its key: in the others nothing was written, nothing can have changed. -#}
{% test unique_key(model, columns, month_column=none) %}
    select
        {{ columns | join(', ') }},
        count(*) as row_count
    from {{ model }}
    {% if month_column %} where {{ is_period_of_this_build(month_column) }} {% endif %}
    group by {{ columns | join(', ') }}
    having count(*) > 1 or {% for column in columns %}{{ column }} is null{{ " or " if not loop.last }}{% endfor %}
{% endtest %}

{#- Every reference that is filled finds its parent, as the foreign keys of the publication will demand; one test for
    all references of a model, because each test costs more than its query. Returns the orphans by reference. -#}
{% test has_parents(model, parents) %}
    {% for reference in parents %}
    {%- set named = reference['columns'] | join(', ') %}
    select
        '{{ named }} -> {{ reference["parent"].identifier }}' as reference,
        {% for column in reference['columns'] %}cast(child.{{ column }} as text){{ " || ' ' || " if not loop.last }}{% endfor %} as orphan,
        count(*) as row_count
    from {{ model }} as child
    left join {{ reference['parent'] }} as parent using ({{ named }})
    where parent.{{ reference['columns'][-1] }} is null
    {% for column in reference['columns'] %}and child.{{ column }} is not null {% endfor %}
    group by 1, 2
    {{ "union all" if not loop.last }}
    {% endfor %}
{% endtest %}
