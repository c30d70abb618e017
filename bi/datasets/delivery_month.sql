-- One row per delivery and month: the delivered files, and the share of the month's days that have one.
select
    (left(file.period_label, 7) || '-01')::date as period_month,
    agency.label_zh || ' ' || agency.label_en as agency_name,
    agency.label_zh || ' ' || file.delivery_name as delivery_name,
    count(*) as file_count,
    count(distinct file.period_label) as period_count,
    case
        when min(length(file.period_label)) = 10 then count(distinct file.period_label)::numeric
            / extract(day from (left(file.period_label, 7) || '-01')::date + interval '1 month - 1 day')
        else 1
    end as covered_ratio
from mart.dim_source_file as file
inner join {{ labels('agency') }} as agency on file.agency_code = agency.code
group by left(file.period_label, 7), agency.label_zh, agency.label_en, file.delivery_name
