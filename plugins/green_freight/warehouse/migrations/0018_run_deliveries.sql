-- What became of each delivery and each load in a run, however many attempts it took: retries and cleared tasks add rows
-- to ops.fetch and ops.load, and what an earlier attempt of the same run has landed is unchanged for the next one.
create view ops.run_delivery as
select distinct on (run_id, agency_code, delivery_name, period_label)
    run_id, agency_code, delivery_name, period_label,
    case
        when outcome_code = 'unchanged' and bool_or(outcome_code = 'landed') over of_delivery then 'landed'
        else outcome_code
    end as outcome_code,
    error_code, error_message,
    coalesce(sum(bytes) filter (where outcome_code = 'landed') over of_delivery, 0)::bigint as bytes_landed
from ops.fetch
window of_delivery as (partition by run_id, agency_code, delivery_name, period_label)
order by run_id, agency_code, delivery_name, period_label, fetch_id desc;

create view ops.run_load as
select distinct on (run_id, dataset_id, period_label)
    run_id, agency_code, dataset_id, delivery_name, period_label, outcome_code, rows_in_file, rows_loaded,
    rows_rejected, warnings, error_message, load_id
from (
    select load.*, bool_or(outcome_code = 'loaded') over (partition by run_id, dataset_id, period_label) as is_loaded
    from ops.load
) as load
where not (outcome_code = 'unchanged' and is_loaded)
order by run_id, dataset_id, period_label, load_id desc;

grant select on ops.run_delivery, ops.run_load
    to green_freight_loader, green_freight_builder, green_freight_publisher;

comment on view ops.run_delivery is '一次运行中每项交付的结果，不计重试 / what became of each delivery in a run, retries aside';
comment on view ops.run_load is '一次运行中每个数据集和期次的装载结果，不计重试 / what became of each load in a run, retries aside';

-- A column of a view means what that of its table means.
do $$
declare
    described record;
begin
    for described in
        select shown.attrelid::regclass as relation, shown.attname, col_description(base.attrelid, base.attnum) as text
        from (values ('ops.run_delivery', 'ops.fetch'), ('ops.run_load', 'ops.load')) as pairs (view_name, table_name)
        join pg_attribute as shown on shown.attrelid = pairs.view_name::regclass and shown.attnum > 0
        join pg_attribute as base on base.attrelid = pairs.table_name::regclass and base.attname = shown.attname
    loop
        execute format('comment on column %s.%I is %L', described.relation, described.attname, described.text);
    end loop;
end
$$;
comment on column ops.run_delivery.bytes_landed is '新落地的字节数 / bytes of new content';
