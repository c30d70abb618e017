-- One row per dataset, month and reason: the rows that were rejected for it.
with reasons as (
    select * from {{ ref('int_load__rejected_reason') }}
),

dataset_months as (
    select * from {{ ref('dataset_month') }}
),

months as (
    select
        dataset_id,
        reason_code,
        cast(left(period_label, 7) || '-01' as date) as period_month,
        sum(rows_rejected) as rows_rejected
    from reasons
    group by dataset_id, reason_code, cast(left(period_label, 7) || '-01' as date)
),

labelled as (
    select
        *,
        {{ label_of('rejection_reason', 'months.reason_code') }} as label_zh,
        {{ label_of('rejection_reason', 'months.reason_code', 'label_en') }} as label_en
    from months
),

-- A code that no longer has a label stands for itself: an old load may have written it.
final as (
    select
        dataset_months.city_code,
        labelled.period_month,
        labelled.dataset_id,
        labelled.reason_code,
        coalesce(labelled.label_zh, labelled.reason_code) as reason_name_zh,
        coalesce(labelled.label_en, labelled.reason_code) as reason_name_en,
        dataset_months.dataset_name_zh,
        dataset_months.dataset_name_en,
        dataset_months.agency_code,
        dataset_months.agency_name_zh,
        dataset_months.agency_name_en,
        cast(labelled.rows_rejected as bigint) as rows_rejected,
        {{ is_synthetic() }} as is_synthetic
    from labelled
    inner join dataset_months
        on
            labelled.dataset_id = dataset_months.dataset_id
            and labelled.period_month = dataset_months.period_month
)

select * from final
