-- One row per indicator and year: the scorecard with labels, departments and the distance to the target.
select
    score.work_no,
    lpad(score.work_no::text, 2, '0') || ' ' || score.work_name_zh as work_zh,
    score.work_name_en as work_en,
    score.indicator_name_zh,
    score.indicator_name_en,
    score.unit_zh || ' ' || score.unit_en as unit_name,
    score.year,
    score.display_order,
    {{ shown('score.target_value', 'score.actual_value') }} as target_display,
    {{ shown('score.expected_value', 'score.actual_value') }} as expected_display,
    {{ shown('score.actual_value', 'score.target_value') }} as actual_display,
    score.completion_ratio,
    score.completion_ratio < 1 as is_below_target,
    {{ gap }} as gap_value,
    {{ shown('nullif(' ~ gap ~ ', 0)', 'null') }} as gap_display,
    score.status_code,
    status.label_zh || ' ' || status.label_en as status_name,
    status.label_zh as status_zh,
    status.sort_order as status_order,
    trend.label_zh || ' ' || trend.label_en as trend_name,
    state.label_zh || ' ' || state.label_en as revision_state_name,
    score.completeness_ratio,
    units.lead_units_zh,
    units.co_responsible_units_zh,
    case when score.is_synthetic then '演示 synthetic' else '实际 real' end as data_kind
from mart.scorecard as score
inner join {{ labels('status') }} as status on score.status_code = status.code
left join {{ labels('status_trend') }} as trend on score.status_trend_code = trend.code
left join {{ labels('revision_state') }} as state on score.revision_state_code = state.code
left join (
    select
        city_code,
        work_no,
        string_agg(unit_name_zh, '、' order by stated_order) filter (where role_code = 'lead') as lead_units_zh,
        string_agg(unit_name_zh, '、' order by stated_order)
            filter (where role_code = 'co_responsible') as co_responsible_units_zh
    from mart.bridge_work_unit
    inner join mart.dim_unit using (city_code, unit_code)
    group by city_code, work_no
) as units using (city_code, work_no)
