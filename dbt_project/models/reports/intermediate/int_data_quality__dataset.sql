-- One row per dataset: what was delivered and rejected so far, and how complete it is on the as-of day.
with dataset_months as (
    select * from {{ ref('int_indicator__dataset_month') }}
),

current_loads as (
    select * from {{ ref('int_load__current') }}
),

datasets as (
    select * from {{ ref('dataset') }}
),

row_counts as (
    select
        dataset_id,
        count(*) as period_count,
        cast(sum(rows_in_file) as bigint) as rows_in_file,
        cast(sum(rows_loaded) as bigint) as rows_loaded,
        cast(sum(rows_rejected) as bigint) as rows_rejected
    from current_loads
    group by dataset_id
),

-- Without a form due, nothing is missing: complete.
coverage as (
    select
        city_code,
        dataset_id,
        max(period_month) as period_month,
        max(complete_through) as complete_through,
        coalesce(sum(least(parts_delivered, parts_due)) / cast(nullif(sum(parts_due), 0) as numeric), 1)
            as completeness_ratio
    from dataset_months
    group by city_code, dataset_id
),

final as (
    select
        coverage.city_code,
        cast('dataset' as text) as subject_kind_code,
        datasets.dataset_id as subject_code,
        datasets.name_zh as subject_name_zh,
        datasets.name_en as subject_name_en,
        datasets.agency_code,
        datasets.granularity_code,
        coverage.complete_through,
        cast(round(coverage.completeness_ratio, 6) as numeric(20, 6)) as completeness_ratio,
        not newest.is_complete_through_due as is_stale,
        coalesce(row_counts.period_count, 0) as period_count,
        coalesce(row_counts.rows_in_file, 0) as rows_in_file,
        coalesce(row_counts.rows_loaded, 0) as rows_loaded,
        coalesce(row_counts.rows_rejected, 0) as rows_rejected,
        case when coverage.complete_through is null then 'no_data' end as null_reason_code
    from datasets
    inner join coverage on datasets.dataset_id = coverage.dataset_id
    inner join dataset_months as newest
        on
            coverage.city_code = newest.city_code
            and coverage.dataset_id = newest.dataset_id
            and coverage.period_month = newest.period_month
    left join row_counts on datasets.dataset_id = row_counts.dataset_id
)

select * from final
