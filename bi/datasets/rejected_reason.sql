-- One row per dataset, month and reason: the rows that were rejected for it.
select
    rejected.period_month,
    rejected.agency_name_zh || ' ' || rejected.agency_name_en as agency_name,
    rejected.dataset_name_zh || ' ' || rejected.dataset_name_en as dataset_name,
    rejected.reason_name_zh || ' ' || rejected.reason_name_en as reason_name,
    rejected.rows_rejected
from mart.rejected_reason_month as rejected
