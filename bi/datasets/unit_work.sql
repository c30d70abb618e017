-- One row per department, indicator and year that it answers for, with its role.
select
    unit.unit_name_zh,
    unit.unit_name_en,
    role.label_zh || ' ' || role.label_en as role_name,
    score.year,
    {{ work_zh }} as work_zh,
    score.indicator_name_zh,
    score.indicator_name_en,
    {{ target }} as target_display,
    {{ actual }} as actual_display,
    score.completion_display,
    {{ gap }} as gap_display,
    score.status_name_zh || ' ' || score.status_name_en as status_name,
    score.status_code in ('behind', 'not_met') as is_lagging
from mart.scorecard as score
inner join mart.bridge_work_unit as bridge using (city_code, work_no)
inner join mart.dim_unit as unit using (city_code, unit_code)
inner join {{ labels('responsibility') }} as role on bridge.role_code = role.code
