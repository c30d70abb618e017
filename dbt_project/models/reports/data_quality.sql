-- One row per dataset and per indicator: how old and complete it is on the as-of day, what was rejected.
with build as (
    select * from {{ ref('int_build__as_of') }}
),

dataset_rows as (
    select * from {{ ref('int_data_quality__dataset') }}
),

dependencies as (
    select * from {{ ref('int_indicator__dataset') }}
),

figures as (
    select * from {{ ref('fct_indicator_value') }}
    where region_code = city_code
),

newest_figures as (
    select
        *,
        row_number() over (partition by city_code, indicator_code order by period_month desc) as recency
    from figures
),

-- A figure is as old as the oldest dataset it depends on.
indicator_rows as (
    select
        newest_figures.city_code,
        cast('indicator' as text) as subject_kind_code,
        newest_figures.indicator_code as subject_code,
        newest_figures.indicator_name_zh as subject_name_zh,
        newest_figures.indicator_name_en as subject_name_en,
        case
            when min(dataset_rows.agency_code) = max(dataset_rows.agency_code)
                then min(dataset_rows.agency_code)
        end as agency_code,
        cast('month' as text) as granularity_code,
        case
            when count(*) = count(dataset_rows.complete_through) then min(dataset_rows.complete_through)
        end as complete_through,
        max(newest_figures.completeness_ratio) as completeness_ratio,
        max(case when newest_figures.is_stale then 1 else 0 end) = 1 as is_stale,
        cast(sum(dataset_rows.period_count) as bigint) as period_count,
        cast(sum(dataset_rows.rows_in_file) as bigint) as rows_in_file,
        cast(sum(dataset_rows.rows_loaded) as bigint) as rows_loaded,
        cast(sum(dataset_rows.rows_rejected) as bigint) as rows_rejected,
        max(newest_figures.null_reason_code) as null_reason_code
    from newest_figures
    inner join dependencies on newest_figures.indicator_code = dependencies.indicator_code
    inner join dataset_rows
        on
            newest_figures.city_code = dataset_rows.city_code
            and dependencies.dataset_id = dataset_rows.subject_code
    where newest_figures.recency = 1
    group by
        newest_figures.city_code,
        newest_figures.indicator_code,
        newest_figures.indicator_name_zh,
        newest_figures.indicator_name_en
),

subjects as (
    select * from dataset_rows
    union all
    select * from indicator_rows
),

final as (
    select
        subjects.city_code,
        subjects.subject_kind_code,
        subjects.subject_code,
        subjects.subject_name_zh,
        subjects.subject_name_en,
        subjects.agency_code,
        subjects.granularity_code,
        build.as_of_date,
        subjects.complete_through,
        build.as_of_date - subjects.complete_through as age_days,
        cast(round(subjects.completeness_ratio, 6) as numeric(20, 6)) as completeness_ratio,
        subjects.is_stale,
        subjects.period_count,
        subjects.rows_in_file,
        subjects.rows_loaded,
        subjects.rows_rejected,
        cast(
            round(subjects.rows_rejected / cast(nullif(subjects.rows_in_file, 0) as numeric), 6)
            as numeric(20, 6)
        ) as rejected_ratio,
        subjects.null_reason_code,
        {{ is_synthetic() }} as is_synthetic
    from subjects
    cross join build
)

select * from final
