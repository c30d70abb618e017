{#- The columns of an evidence row, the same for every indicator: which thing counts, with which weight, and the
    file, sheet and row that told it. `of` is the alias of the relation counted; months must be joined as `months`. -#}
{% macro evidence_columns(indicator_code, part_code, entity_kind_code, entity_key, of, weight='1', region_code=none) -%}
        months.city_code,
        cast('{{ indicator_code }}' as text) as indicator_code,
        months.period_month,
        cast('{{ part_code }}' as text) as part_code,
        cast('{{ entity_kind_code }}' as text) as entity_kind_code,
        {{ entity_key }} as entity_key,
        cast({{ weight }} as numeric(20, 6)) as weight,
        {{ region_code or 'months.city_code' }} as region_code,
        {{ of }}.source_file_key,
        {{ of }}.source_sheet,
        {{ of }}.source_row_number
{%- endmacro %}

{#- The models that hold one indicator's evidence each, in the order of the plan. -#}
{% macro indicator_codes() -%}
    {{ return([
        'work_plan_issued', 'yearly_assessment_done', 'supervision_done', 'policy_evaluation_done', 'bulletin_issued',
        'fund_budgeted_yuan', 'fund_paid_yuan',
        'node_level1_added', 'node_level2_added', 'terminal_station_added',
        'charging_station_added', 'charging_pile_added', 'pile_vehicle_ratio',
        'stopping_place_added', 'tricycle_marking_share',
        'nev_added', 'nev_share_of_new', 'nev_share_of_initial_stock',
        'capacity_survey_done', 'noncompliant_vehicle_removed', 'passage_policy_issued',
        'public_platform', 'enterprise_platform',
        'joint_delivery_share', 'cold_vehicle_share', 'pharma_delivery_system',
        'enterprise_3a', 'enterprise_alliance_founded',
    ]) }}
{%- endmacro %}

{#- The names of an evidence row's columns; a given part_code replaces the row's own. -#}
{% macro evidence_column_names(part_code=none) -%}
        city_code,
        indicator_code,
        period_month,
        {% if part_code %}cast('{{ part_code }}' as text) as {% endif %}part_code,
        entity_kind_code,
        entity_key,
        weight,
        region_code,
        source_file_key,
        source_sheet,
        source_row_number
{%- endmacro %}
