-- One row per thing that counts in one part of one indicator's figure of one month.
with final as (
    {% for code in indicator_codes() -%}
        select
            {{ evidence_column_names() }}
        from {{ ref('int_evidence__' ~ code) }}
        {{ "union all" if not loop.last }}
    {% endfor %}
)

select * from final
