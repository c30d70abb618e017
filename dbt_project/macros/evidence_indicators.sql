{# Generated from the models of the folder evidence by ./green-freight dictionary --write; do not edit. #}
{% macro evidence_indicators() %}
    {{ return([
        'bulletin_issued',
        'capacity_survey_done',
        'charging_pile_added',
        'charging_station_added',
        'cold_vehicle_share',
        'enterprise_3a',
        'enterprise_alliance_founded',
        'enterprise_platform',
        'fund_budgeted_yuan',
        'fund_paid_yuan',
        'joint_delivery_share',
        'nev_added',
        'nev_share_of_initial_stock',
        'nev_share_of_new',
        'node_level1_added',
        'node_level2_added',
        'noncompliant_vehicle_removed',
        'passage_policy_issued',
        'pharma_delivery_system',
        'pile_vehicle_ratio',
        'policy_evaluation_done',
        'public_platform',
        'stopping_place_added',
        'supervision_done',
        'terminal_station_added',
        'tricycle_marking_share',
        'work_plan_issued',
        'yearly_assessment_done'
    ]) }}
{% endmacro %}
