-- One row per dataset: its agency, how old and complete it is, what was rejected.
select
    agency.label_zh || ' ' || agency.label_en as agency_name,
    agency.sort_order as agency_order,
    quality.subject_name_zh || ' ' || quality.subject_name_en as dataset_name,
    quality.complete_through,
    quality.age_days,
    quality.completeness_ratio,
    case when quality.is_stale then '数据未更新 stale' else '已更新 up to date' end as timeliness_name,
    quality.period_count,
    quality.rows_in_file,
    quality.rows_loaded,
    quality.rows_rejected,
    quality.rejected_ratio,
    case when quality.is_synthetic then '演示 synthetic' else '实际 real' end as data_kind
from mart.data_quality as quality
inner join {{ labels('agency') }} as agency on quality.agency_code = agency.code
where quality.subject_kind_code = 'dataset'
