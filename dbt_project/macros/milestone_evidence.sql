{% macro milestone_belongs_to_year(milestones, year) -%}
    ({{ milestones }}.target_kind = 'one_off_milestone' or {{ milestones }}.year = {{ year }})
{%- endmacro %}

{% macro milestone_evidence(indicator_code) -%}
with months as (
    select * from {{ ref('int_indicator__month') }}
),

milestones as (
    select * from {{ ref('int_milestone__report') }}
),

reported as (
    select
        {{ evidence_columns(
            indicator_code, 'numerator', 'milestone', 'milestones.milestone_key', of='milestones'
        ) }},
        row_number() over (
            partition by months.city_code, months.period_month
            order by milestones.achieved_on, milestones.milestone_key
        ) as report_no
    from months
    inner join milestones
        on
            months.city_code = milestones.city_code
            and {{ milestone_belongs_to_year('milestones', 'months.year') }}
            and months.as_of_day >= milestones.achieved_on
    where milestones.indicator_code = '{{ indicator_code }}'
),

final as (
    select
        {{ evidence_column_names() }}
    from reported
    where report_no = 1
)

select * from final
{%- endmacro %}
