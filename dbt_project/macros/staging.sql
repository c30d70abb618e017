{% macro rank_versions(key, by_change_time=false) -%}
    select
        *,
        row_number() over (
            partition by _city_code, {{ key | join(', ') }}
            order by {{ 'changed_at desc, ' if by_change_time }}_period desc, _row_number desc
        ) as version_rank
    from source
{%- endmacro %}

{% macro commerce_enterprises(dataset, columns) -%}
with source as (
    select * from {{ source('raw', dataset) }}
),

ranked as (
    {{ rank_versions(['upper(credit_code)', 'report_month']) }}
),

final as (
    select
        _city_code as city_code,
        cast(report_month || '-01' as date) as period_month,
        upper(credit_code) as credit_code,
        name as enterprise_name,
        {{ columns | join(',\n        ') }},
        {{ lineage() }}
    from ranked
    where version_rank = 1
)

select * from final
{%- endmacro %}
