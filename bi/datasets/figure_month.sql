-- One row per indicator and month of the city: actual, expected and target, and how far along the year's path it is.
select
    figure.period_month,
    figure.year,
    figure.work_no,
    figure.indicator_code,
    figure.indicator_name_zh,
    figure.indicator_name_zh || ' ' || figure.indicator_name_en as indicator_name,
    figure.actual_value,
    figure.expected_value,
    figure.target_value,
    figure.actual_value / nullif(figure.expected_value, 0) as path_ratio,
    indicator.measure_kind_code,
    status.label_zh || ' ' || status.label_en as status_name
from mart.fct_indicator_value as figure
inner join mart.dim_indicator as indicator using (city_code, indicator_code)
inner join {{ labels('status') }} as status on figure.status_code = status.code
where figure.region_code = figure.city_code
