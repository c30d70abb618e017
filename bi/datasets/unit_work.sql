-- One row per department, indicator and year that it answers for, with its role.
select
    unit.unit_name_zh,
    unit.unit_name_en,
    role.label_zh || ' ' || role.label_en as role_name,
    score.year,
    lpad(score.work_no::text, 2, '0') || ' ' || score.work_name_zh as work_zh,
    score.indicator_name_zh,
    score.indicator_name_en,
    {{ shown('score.target_value', 'score.actual_value') }} as target_display,
    {{ shown('score.actual_value', 'score.target_value') }} as actual_display,
    score.completion_ratio,
    {{ shown('nullif(' ~ gap ~ ', 0)', 'null') }} as gap_display,
    status.label_zh || ' ' || status.label_en as status_name,
    score.status_code in ('behind', 'not_met') as is_lagging
from mart.scorecard as score
inner join mart.bridge_work_unit as bridge using (city_code, work_no)
inner join mart.dim_unit as unit using (city_code, unit_code)
inner join {{ labels('responsibility') }} as role on bridge.role_code = role.code
inner join {{ labels('status') }} as status on score.status_code = status.code
