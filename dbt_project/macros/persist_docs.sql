{#- The comments of a relation and its columns in one statement, without asking the database for the columns: dbt asks
    for them twice for each model, which took a fifth of a build. A comment on a column that the relation does not have
    is an error here, where dbt warns. -#}
{% macro postgres__persist_docs(relation, model, for_relation, for_columns) %}
    {%- set comments = [] -%}
    {%- if for_relation and config.persist_relation_docs() and model.description -%}
        {%- do comments.append(alter_relation_comment(relation, model.description)) -%}
    {%- endif -%}
    {%- if for_columns and config.persist_column_docs() -%}
        {%- for name, column in model.columns.items() -%}
            {%- set quoted = adapter.quote(name) if column.quote else name -%}
            {%- do comments.append(
                'comment on column ' ~ relation ~ '.' ~ quoted ~ ' is ' ~ postgres_escape_comment(column.description) ~ ';'
            ) -%}
        {%- endfor -%}
    {%- endif -%}
    {%- if comments -%} {%- do run_query(comments | join('\n')) -%} {%- endif -%}
{% endmacro %}
