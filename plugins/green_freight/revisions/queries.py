"""The SQL of a comparison: figures that differ, the evidence behind them, and what may explain it."""

from __future__ import annotations

CHANGED = """
create temporary table changed_figure on commit drop as
select
    city_code, indicator_code, region_code, period_month,
    coalesce(n.indicator_name_zh, o.indicator_name_zh) as indicator_name_zh,
    coalesce(n.indicator_name_en, o.indicator_name_en) as indicator_name_en,
    o.is_there is null as is_first,
    o.numerator as old_numerator, n.numerator as new_numerator,
    o.denominator as old_denominator, n.denominator as new_denominator,
    o.actual_value as old_actual_value, n.actual_value as new_actual_value,
    o.target_value as old_target_value, n.target_value as new_target_value,
    o.status_code as old_status_code, n.status_code as new_status_code,
    coalesce(o.revision_state_code = 'final', false) as is_restatement,
    o.as_of_date is distinct from n.as_of_date as is_as_of_moved,
    o.null_reason_code is distinct from n.null_reason_code as is_availability_changed
from (select *, true as is_there from {old}) as o
full join (select *, true as is_there from {new}) as n
    using (city_code, indicator_code, region_code, period_month)
where
    row(
        o.numerator, o.denominator, o.actual_value, o.target_value, o.status_code, o.null_reason_code, o.is_there
    ) is distinct from row(
        n.numerator, n.denominator, n.actual_value, n.target_value, n.status_code, n.null_reason_code, n.is_there
    )
"""

BUILD = (
    "select build_id, through_load_id, model_fingerprint, changed_months from ops.build where build_id = %s"
)

# What readers see was made from the loads and by the models of the newest publication's build.
BASE = """
select p.publication_no, p.as_of_date, b.through_load_id, b.model_fingerprint
from mart.publication as p left join ops.build as b on b.build_id = p.build_id
order by p.publication_no desc limit 1
"""

NEW_DATASETS = """
select i.indicator_code, array_agg(distinct l.dataset_id order by l.dataset_id) as dataset_ids
from reference.plan_indicator as i
inner join ops.load as l on l.dataset_id = any(string_to_array(i.dataset_ids, ' ')) and l.outcome_code = 'loaded'
where l.load_id > %(after)s and l.load_id <= %(through)s
group by i.indicator_code
"""

# An evidence row is identified by what it counts, not by the file: the same vehicle from a newer file is no change.
EVIDENCE = """
with before as ({known_before}),
now as ({known_now}),
wanted as (select distinct city_code, indicator_code, period_month from changed_figure where not is_first),
old_rows as (
    select e.*
    from mart.fct_indicator_evidence as e
    inner join wanted using (city_code, indicator_code, period_month)
),
new_rows as (
    select e.*
    from candidate.fct_indicator_evidence as e
    inner join wanted using (city_code, indicator_code, period_month)
),
differing as (
    select
        city_code, indicator_code, period_month, entity_key,
        coalesce(n.entity_kind_code, o.entity_kind_code) as entity_kind_code,
        n.source_file_key,
        case when o.weight is null then 'added' when n.weight is null then 'removed' else 'weight' end as action
    from old_rows as o
    full join new_rows as n using (city_code, indicator_code, period_month, part_code, entity_key)
    where o.weight is distinct from n.weight
),
-- A file that stands in the place of another one that was published.
sent_again as (
    select f.source_file_key
    from candidate.dim_source_file as f
    inner join mart.publication_file as p using (agency_code, delivery_name, period_label)
    where f.source_file_key not in (select q.source_file_key from mart.publication_file as q)
),
assessed as (
    select
        d.*,
        (d.entity_kind_code, d.entity_key) in (select b.entity_kind_code, b.entity_key from before as b) as was_known,
        (d.entity_kind_code, d.entity_key) in (select w.entity_kind_code, w.entity_key from now as w) as is_known,
        d.source_file_key in (select s.source_file_key from sent_again as s) as is_sent_again
    from differing as d
)
select
    city_code, indicator_code, period_month,
    array_agg(distinct entity_kind_code) as entity_kinds,
    count(*) filter (where action = 'added' and not was_known and is_sent_again is not true) as late_rows,
    count(*) filter (where action = 'removed' and not is_known) as deleted_rows,
    count(*) filter (
        where action = 'weight' or (action = 'removed' and is_known)
            or (action = 'added' and (was_known or is_sent_again))
    ) as corrected_rows
from assessed
group by city_code, indicator_code, period_month
"""

DEFINITIONS = """
select indicator_code, null::int as year
from mart.dim_indicator as o full join candidate.dim_indicator as n using (city_code, indicator_code)
where row(o.formula_zh, o.formula_en, o.target_kind, o.measure_kind_code)
    is distinct from row(n.formula_zh, n.formula_en, n.target_kind, n.measure_kind_code)
union
select indicator_code, year
from mart.fct_indicator_target as o
full join candidate.fct_indicator_target as n using (city_code, indicator_code, year)
where row(o.target_value, o.due_on, o.judged_by_code) is distinct from row(n.target_value, n.due_on, n.judged_by_code)
"""
