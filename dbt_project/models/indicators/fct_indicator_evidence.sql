-- One row per entity that counts in one part of one indicator's figure of one month.
-- dbt needs the models by name to order them; tests name an indicator or a model that is missing here.
{% set indicator_codes = [
    'work_plan_issued', 'yearly_assessment_done', 'supervision_done', 'policy_evaluation_done', 'bulletin_issued',
    'fund_budgeted_yuan', 'fund_paid_yuan', 'node_level1_added', 'node_level2_added', 'terminal_station_added',
    'charging_station_added', 'charging_pile_added', 'pile_vehicle_ratio', 'stopping_place_added',
    'tricycle_marking_share', 'nev_added', 'nev_share_of_new', 'nev_share_of_initial_stock',
    'capacity_survey_done', 'noncompliant_vehicle_removed', 'passage_policy_issued', 'public_platform',
    'enterprise_platform', 'joint_delivery_share', 'cold_vehicle_share', 'pharma_delivery_system',
    'enterprise_3a', 'enterprise_alliance_founded',
] %}
with indicators as (
    select * from {{ ref('dim_indicator') }}
),

evidence as (
    {% for code in indicator_codes -%}
        select
            {{ evidence_column_names() }}
        from {{ ref('int_evidence__' ~ code) }}
        {{ "union all" if not loop.last }}
    {% endfor %}
),

-- A city's plan may lack an indicator that has a model.
final as (
    select evidence.*
    from evidence
    inner join indicators
        on
            evidence.city_code = indicators.city_code
            and evidence.indicator_code = indicators.indicator_code
)

select * from final
