-- One row per dataset and month: what was due and delivered of it, and the rows of its files.
select
    delivered.period_month,
    delivered.agency_name_zh || ' ' || delivered.agency_name_en as agency_name,
    delivered.dataset_name_zh,
    delivered.coverage_state_name_zh || ' ' || delivered.coverage_state_name_en as coverage_state_name,
    delivered.parts_due,
    delivered.parts_delivered,
    delivered.delivered_ratio,
    delivered.rows_in_file,
    delivered.rows_loaded,
    delivered.rows_rejected
from mart.dataset_month as delivered
