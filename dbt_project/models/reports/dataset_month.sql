-- One row per dataset and month: what was due and delivered of it, and the rows of its files.
with dataset_months as (
    select * from {{ ref('int_indicator__dataset_month') }}
),

datasets as (
    select * from {{ ref('dataset') }}
),

current_loads as (
    select * from {{ ref('int_load__current') }}
),

row_counts as (
    select
        dataset_id,
        cast(left(period_label, 7) || '-01' as date) as period_month,
        count(*) as period_count,
        cast(sum(rows_in_file) as bigint) as rows_in_file,
        cast(sum(rows_loaded) as bigint) as rows_loaded,
        cast(sum(rows_rejected) as bigint) as rows_rejected
    from current_loads
    group by dataset_id, cast(left(period_label, 7) || '-01' as date)
),

states as (
    select
        *,
        case
            when parts_due = 0 then 'not_due'
            when parts_delivered >= parts_due then 'complete'
            when parts_delivered = 0 then 'missing'
            else 'partial'
        end as state_code
    from dataset_months
),

final as (
    select
        states.city_code,
        states.period_month,
        states.dataset_id,
        datasets.name_zh as dataset_name_zh,
        datasets.name_en as dataset_name_en,
        datasets.agency_code,
        {{ label_of('agency', 'datasets.agency_code') }} as agency_name_zh,
        {{ label_of('agency', 'datasets.agency_code', 'label_en') }} as agency_name_en,
        datasets.granularity_code,
        states.state_code as coverage_state_code,
        {{ label_of('coverage_state', 'states.state_code') }} as coverage_state_name_zh,
        {{ label_of('coverage_state', 'states.state_code', 'label_en') }} as coverage_state_name_en,
        cast(states.parts_due as integer) as parts_due,
        cast(states.parts_delivered as integer) as parts_delivered,
        cast(
            round(states.parts_delivered / cast(nullif(states.parts_due, 0) as numeric), 6) as numeric(20, 6)
        ) as delivered_ratio,
        coalesce(row_counts.period_count, 0) as period_count,
        coalesce(row_counts.rows_in_file, 0) as rows_in_file,
        coalesce(row_counts.rows_loaded, 0) as rows_loaded,
        coalesce(row_counts.rows_rejected, 0) as rows_rejected,
        {{ is_synthetic() }} as is_synthetic
    from states
    inner join datasets on states.dataset_id = datasets.dataset_id
    left join row_counts
        on
            states.dataset_id = row_counts.dataset_id
            and states.period_month = row_counts.period_month
)

select * from final
