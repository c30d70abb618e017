-- One row per thing that counts in one part of one indicator's figure of one month.
{% for code in indicator_codes() -%}
{%- if not loop.first %}
union all
{% endif -%}
select
    {{ evidence_column_names() }}
from {{ ref('int_indicator__' ~ code) }}
{% endfor %}
