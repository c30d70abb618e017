-- One row per month and company: express tricycles in use, and those with the uniform marking.
select
    tricycle.period_month,
    tricycle.company_name,
    count(*) as tricycle_count,
    count(*) filter (where tricycle.is_marking_uniform) as uniform_count
from mart.fct_tricycle_inspection as tricycle
where tricycle.is_in_use_at_month_end
group by 1, 2
