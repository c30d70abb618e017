-- One row per thing counted in an indicator's figure of a year, as of the year's last published month, with its file.
select
    score.year,
    lpad(score.work_no::text, 2, '0') || ' ' || score.work_name_zh as work_zh,
    score.indicator_name_zh,
    evidence.period_month,
    part.label_zh || ' ' || part.label_en as part_name,
    evidence.entity_kind_code,
    evidence.entity_key,
    evidence.weight,
    region.region_name_zh,
    agency.label_zh as agency_zh,
    file.file_name,
    evidence.source_sheet,
    evidence.source_row_number,
    case when score.is_synthetic then '演示 synthetic' else '实际 real' end as data_kind
from mart.scorecard as score
inner join mart.fct_indicator_evidence as evidence using (city_code, indicator_code, period_month)
inner join {{ labels('figure_part') }} as part on evidence.part_code = part.code
left join mart.dim_region as region using (city_code, region_code)
left join mart.dim_source_file as file using (city_code, source_file_key)
left join {{ agencies() }} as agency on file.agency_code = agency.code
