-- The figures that follow from good_candidate.sql, in the plainest words: evidence, values, scorecards, form, quality.
create temporary table month_day on commit drop as
select distinct city_code, period_month, max(date_day) over (partition by period_month) as as_of_date
from candidate.dim_date where date_day <= '2023-04-30';

create temporary table counted on commit drop as
select 'node_level1_added' as indicator_code, 'numerator' as part_code, node_key as entity_key, 1 as weight, in_service_on as from_day, 'added' as how, out_of_service_on as to_day
from candidate.dim_node where node_kind_code = 'level1'
union all select 'terminal_station_added', 'numerator', node_key, 1, in_service_on, 'added', null from candidate.dim_node where is_joint
union all select 'stopping_place_added', 'numerator', place_key, 1, in_service_on, 'added', null from candidate.dim_stopping_place
union all select 'charging_pile_added', 'numerator', pile_key, 1, in_service_on, 'added', null from candidate.dim_pile
union all select 'nev_added', 'numerator', vehicle_key, 1, in_service_on, 'added', null from candidate.dim_vehicle where is_new_energy
union all select 'pile_vehicle_ratio', 'numerator', pile_key, 1, in_service_on, 'stock', out_of_service_on from candidate.dim_pile
union all select 'pile_vehicle_ratio', 'denominator', vehicle_key, 1, in_service_on, 'stock', out_of_service_on from candidate.dim_vehicle where is_new_energy
union all select 'cold_vehicle_share', 'numerator', vehicle_key, 1, in_service_on, 'stock', out_of_service_on from candidate.dim_vehicle where is_cold_chain_body
union all select 'cold_vehicle_share', 'denominator', vehicle_key, 1, in_service_on, 'stock', out_of_service_on from candidate.dim_vehicle
union all select 'tricycle_marking_share', 'numerator', tricycle_key, 1, in_use_from, 'stock', null from candidate.fct_tricycle_inspection where is_marking_uniform and period_month = '2023-04-01'
union all select 'tricycle_marking_share', 'denominator', tricycle_key, 1, in_use_from, 'stock', null from candidate.fct_tricycle_inspection where period_month = '2023-04-01'
union all select 'public_platform', 'numerator', platform_key, 1, in_service_on, 'stock', null from candidate.dim_platform
union all select 'work_plan_issued', 'numerator', milestone_key, 1, achieved_on, 'added', null from candidate.fct_milestone
union all select 'passage_policy_issued', 'numerator', policy_key, 1, issued_on, 'stock', repealed_on from candidate.fct_policy
union all select 'fund_' || fund_kind_code || '_yuan', 'numerator', entry_key, amount_yuan, booked_on, 'added', null from candidate.fct_fund_payment;

insert into candidate.fct_indicator_evidence (city_code, indicator_code, period_month, part_code, entity_kind_code, entity_key, weight, region_code, source_file_key)
select m.city_code, c.indicator_code, m.period_month, c.part_code, 'thing', c.entity_key, c.weight, '320706', 'file'
from counted as c inner join month_day as m
    on c.from_day <= m.as_of_date
    and (c.how = 'stock' or c.from_day >= '2023-01-01')
    and (c.how = 'added' or c.to_day is null or c.to_day > m.as_of_date);

create temporary table figure on commit drop as
select m.city_code, m.period_month, m.as_of_date, i.indicator_code, i.work_no, i.target_kind, i.measure_kind_code, i.indicator_name_zh, i.indicator_name_en, t.target_value,
    coalesce(sum(e.weight) filter (where e.part_code = 'numerator'), 0) as numerator,
    case when i.measure_kind_code = 'ratio' then coalesce(sum(e.weight) filter (where e.part_code = 'denominator'), 0) end as denominator,
    case
        when i.target_kind in ('yearly_addition', 'cumulative_stock', 'stock_at_period_end') then round(t.target_value * (m.as_of_date - date '2022-12-31') / 365)
        else t.target_value
    end as expected_value
from month_day as m cross join candidate.dim_indicator as i
left join candidate.fct_indicator_target as t on t.indicator_code = i.indicator_code and t.year = 2023
left join candidate.fct_indicator_evidence as e on e.indicator_code = i.indicator_code and e.period_month = m.period_month
group by 1, 2, 3, 4, 5, 6, 7, 8, 9, 10;

insert into candidate.fct_indicator_value (
    city_code, indicator_code, region_code, period_month, work_no, indicator_name_zh, indicator_name_en, year, target_kind, target_value, expected_value,
    actual_value, numerator, denominator, completion_ratio, null_reason_code, status_code, completeness_ratio, revision_state_code, as_of_date, is_stale
)
select city_code, indicator_code, city_code, period_month, work_no, indicator_name_zh, indicator_name_en, 2023, target_kind, target_value, expected_value,
    round(numerator / case when denominator is null then 1 else nullif(denominator, 0) end, 6), numerator, denominator,
    case when denominator is distinct from 0 then round(numerator / (nullif(target_value, 0) * coalesce(denominator, 1)), 6) end,
    case when denominator = 0 then 'zero_denominator' end,
    case
        when denominator = 0 then 'no_data'
        when target_kind in ('yearly_milestone', 'one_off_milestone') then case when numerator > 0 then 'on_track' else 'not_due' end
        when target_value is null then 'no_target'
        when numerator >= expected_value * coalesce(denominator, 1) then 'on_track'
        else 'behind'
    end,
    1, case when period_month + interval '1 month 44 days' <= '2023-04-30' then 'final' else 'provisional' end, as_of_date, false
from figure;

insert into candidate.fct_reported_figure (city_code, indicator_code, period_month, reported_value, reporting_unit_name, source_file_key)
select v.city_code, v.indicator_code, v.period_month, v.actual_value, '市交通运输局', 'file'
from candidate.fct_indicator_value as v inner join candidate.dim_indicator as i on i.indicator_code = v.indicator_code and i.measure_kind_code <> 'milestone';

insert into candidate.scorecard (city_code, work_no, indicator_code, year, period_month, target_kind, target_value, actual_value, status_code, status_trend_code, as_of_date, is_stale)
select city_code, work_no, indicator_code, year, period_month, target_kind, target_value, actual_value, status_code, 'unchanged', as_of_date, is_stale
from candidate.fct_indicator_value where period_month = '2023-04-01';

insert into candidate.programme_scorecard (
    city_code, work_no, indicator_code, year, period_month, target_kind, plan_total_value, cumulative_value, remaining_value, completion_ratio,
    cumulative_expected_value, yearly_targets_due_value, status_code, as_of_date, is_stale
)
select v.city_code, v.work_no, v.indicator_code, v.year, v.period_month, v.target_kind, i.plan_total_value, v.actual_value, i.plan_total_value - v.actual_value,
    round(v.actual_value / i.plan_total_value, 6), v.expected_value, 0, v.status_code, v.as_of_date, v.is_stale
from candidate.fct_indicator_value as v inner join candidate.dim_indicator as i on i.indicator_code = v.indicator_code and i.plan_total_value is not null
where v.period_month = '2023-04-01';

insert into candidate.unit_scorecard (
    city_code, unit_code, year, role_code, work_count, reached_work_count, lagging_work_count, no_data_work_count, not_due_work_count, no_target_work_count,
    indicator_count, met_count, not_met_count, on_track_count, behind_count, not_due_count, no_target_count, no_data_count
)
select city_code, unit_code, 2023, role_code, count(*), count(*), 0, 0, 0, 0, count(*), 0, 0, count(*), 0, 0, 0, 0
from candidate.bridge_work_unit group by city_code, unit_code, role_code;

insert into candidate.quarterly_form (city_code, year, quarter_no, item_no, form_row, numeric_value, text_value, null_reason_code, as_of_date)
select '320700', 2023, q.quarter_no, item_no, item_no + 3, s.stock, cast(s.stock as text), case when s.stock is null then 'no_source' end, q.as_of_date
from (values (1, date '2023-03-31'), (2, date '2023-04-30')) as q (quarter_no, as_of_date)
cross join generate_series(1, 32) as item_no
left join lateral (
    select case item_no
        when 9 then (select count(*) from candidate.dim_node where node_kind_code = 'level1' and in_service_on <= q.as_of_date)
        when 10 then (select count(*) from candidate.dim_node where node_kind_code = 'level2' and out_of_service_on > q.as_of_date)
        when 11 then (select count(*) from candidate.dim_node where is_joint and in_service_on <= q.as_of_date)
        when 25 then (select count(*) from candidate.dim_stopping_place where in_service_on <= q.as_of_date)
        when 21 then (select count(*) from candidate.fct_policy where policy_kind_code = 'passage' and issued_on <= q.as_of_date)
        when 26 then 0.5
        else case when item_no in (4, 20, 22, 23, 24) then 0 end
    end as stock
) as s on true;

insert into candidate.cold_chain_reconciliation (
    city_code, period_month, enterprise_key, is_listed, cold_storage_m3, stated_vehicle_count, registered_vehicle_count, difference_vehicle_count, as_of_date
)
select l.city_code, l.period_month, l.enterprise_key, true, l.cold_storage_m3, l.refrigerated_vehicle_count, 1, 0, m.as_of_date
from candidate.fct_cold_chain_enterprise as l inner join month_day as m on l.period_month = m.period_month;

insert into candidate.data_quality (city_code, subject_kind_code, subject_code, as_of_date, complete_through, completeness_ratio, is_stale, period_count, rows_in_file, rows_loaded, rows_rejected, rejected_ratio)
select '320700', s.kind, s.code, '2023-04-30', '2023-04-30', 1, false, 4, 100, 100, 0, 0
from (
    select 'dataset' as kind, dataset_id as code from reference.dataset
    union all select 'indicator', indicator_code from candidate.dim_indicator
) as s;
