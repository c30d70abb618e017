{#- The columns of a candidate table with their not-null constraints, without the keys that the model declares.

    Publishing adds primary and foreign keys in `mart`. In the candidate they would make a build fail where the audit
    names every bad row, and foreign keys created or dropped by several threads deadlock and break incremental models
    (dbt-core #8022, #11542). The manifest still holds them: publishing, the audit and dbt docs read them there. -#}
{% macro postgres__get_table_columns_and_constraints() %}
    {%- set rendered = adapter.render_raw_columns_constraints(raw_columns=model['columns']) -%}
    {%- set others = model['constraints'] | rejectattr('type', 'in', ['primary_key', 'foreign_key']) | list -%}
    (
        {{ (rendered + adapter.render_raw_model_constraints(raw_constraints=others)) | join(',\n        ') }}
    )
{% endmacro %}
