-- One row per department, year and role: its works by how they stand.
select
    unit.unit_name_zh,
    unit.unit_name_en,
    unit.unit_name_zh || ' ' || unit.unit_name_en as unit_label,
    unit.display_order,
    unit.year,
    role.label_zh || ' ' || role.label_en as role_name,
    role.sort_order as role_order,
    unit.work_count,
    unit.reached_work_count,
    unit.lagging_work_count,
    unit.no_data_work_count,
    unit.not_due_work_count,
    unit.no_target_work_count,
    unit.indicator_count,
    unit.met_count + unit.on_track_count as reached_count,
    unit.not_met_count + unit.behind_count as lagging_count,
    case when unit.is_synthetic then '演示 synthetic' else '实际 real' end as data_kind
from mart.unit_scorecard as unit
inner join {{ labels('responsibility') }} as role on unit.role_code = role.code
