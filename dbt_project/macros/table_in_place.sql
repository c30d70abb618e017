{#- A table is filled in place: emptied and inserted in one transaction, unless the whole candidate is built.

    dbt makes a table beside the old one, renames both, and drops the old one with every view that reads it, so that
    each view had to be made in each build. The columns are those that a full build by the same code made. -#}
{% materialization table, adapter='postgres' %}
    {%- set existing = load_cached_relation(this) -%}
    {%- if should_full_refresh() or existing is none or existing.type != 'table' -%}
        {{ return(materialization_table_default()) }}
    {%- endif -%}

    {%- set target = this.incorporate(type='table') -%}
    {%- set columns = model['columns'].keys() | map('string') | list -%}
    {{ run_hooks(pre_hooks, inside_transaction=False) }}
    {{ run_hooks(pre_hooks, inside_transaction=True) }}
    {% call statement('main') -%}
        truncate {{ target }};
        insert into {{ target }} ({{ columns | join(', ') }})
        select {{ columns | join(', ') }}
        from (
            {{ sql }}
        ) as rows_of_model
    {%- endcall %}
    {{ run_hooks(post_hooks, inside_transaction=True) }}
    {% do adapter.commit() %}
    {{ run_hooks(post_hooks, inside_transaction=False) }}
    {{ return({'relations': [target]}) }}
{% endmaterialization %}
