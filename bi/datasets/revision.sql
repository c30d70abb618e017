-- One row per published change of a figure and cause.
select
    revision.publication_no,
    revision.published_at,
    revision.period_month,
    revision.indicator_name_zh,
    region.region_name_zh,
    revision.old_actual_value,
    revision.new_actual_value,
    case when revision.is_restatement then '重述 restatement' else '修订 revision' end as revision_kind,
    cause.label_zh || ' ' || cause.label_en as cause_name,
    revision.reason
from mart.figure_revision as revision
cross join unnest(revision.cause_codes) as one (code)
left join mart.dim_region as region using (city_code, region_code)
inner join {{ labels('cause') }} as cause on one.code = cause.code
