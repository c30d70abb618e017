{#- The schemas are part of the warehouse's design and its grants: exactly `staging`, `intermediate`,
    `candidate`, `reference`, never prefixed with the target's own. -#}
{% macro generate_schema_name(custom_schema_name, node) -%}
    {{- (custom_schema_name or target.schema) | trim -}}
{%- endmacro %}
