-- The city's figures of a month, in the plan's order.
select
    v.indicator_code, v.work_no, w.work_name_zh, v.indicator_name_zh, i.unit_zh, i.decimals, i.measure_kind_code,
    v.target_value, t.target_text_zh, v.expected_value, v.actual_value, v.completion_ratio, v.status_code,
    v.revision_state_code, v.as_of_date, v.is_stale, v.is_synthetic
from mart_asof.fct_indicator_value as v
inner join mart_asof.dim_indicator as i using (city_code, indicator_code)
inner join mart_asof.dim_key_work as w on w.city_code = v.city_code and w.work_no = v.work_no
left join mart_asof.fct_indicator_target as t
    on t.city_code = v.city_code and t.indicator_code = v.indicator_code and t.year = v.year
where v.city_code = %s and v.region_code = v.city_code and v.period_month = %s
order by i.display_order
