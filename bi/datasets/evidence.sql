-- One row per thing counted in an indicator's figure of a year, as of the year's last published month, with its file.
select
    score.year,
    {{ work_zh }} as work_zh,
    evidence.indicator_code,
    score.indicator_name_zh,
    evidence.period_month,
    evidence.part_code,
    part.label_zh || ' ' || part.label_en as part_name,
    evidence.entity_kind_code,
    kind.label_zh || ' ' || kind.label_en as entity_kind_name,
    evidence.entity_key,
    evidence.weight,
    region.region_name_zh,
    agency.label_zh as agency_zh,
    file.file_name,
    evidence.source_sheet,
    evidence.source_row_number,
    {{ data_kind }} as data_kind
from mart.scorecard as score
inner join mart.fct_indicator_evidence as evidence using (city_code, indicator_code, period_month)
left join mart.dim_region as region using (city_code, region_code)
left join mart.dim_source_file as file using (city_code, source_file_key)
-- By whole keys: what counts these rows then reads no names.
left join {{ labels('entity_kind') }} as kind
    on evidence.city_code = kind.city_code and evidence.entity_kind_code = kind.code
left join {{ labels('figure_part') }} as part
    on evidence.city_code = part.city_code and evidence.part_code = part.code
left join {{ labels('agency') }} as agency
    on file.city_code = agency.city_code and file.agency_code = agency.code
