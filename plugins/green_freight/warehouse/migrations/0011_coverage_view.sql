-- ops.coverage: the calendar through the newest business day, with the rows behind each month and its revision state.
create view ops.coverage as
with standing as (
    -- A warehouse that stands for no day yet lacks everything through yesterday.
    select
        coalesce(
            greatest((select max(run.business_day) from ops.run), (select max(as_of_date) from mart.publication)),
            cast(now() at time zone 'Asia/Shanghai' as date) - 1
        ) as as_of_date
),

newest_loads as (
    select distinct on (dataset_id, period_label) dataset_id, period_label, outcome_code = 'stopped' as is_stopped
    from ops.load
    order by dataset_id, period_label, load_id desc
),

standing_rows as (
    select distinct on (dataset_id, period_label)
        dataset_id, period_label, rows_in_file, rows_loaded, rows_rejected, finished_at
    from ops.load
    where outcome_code = 'loaded'
    order by dataset_id, period_label, load_id desc
),

loads as (
    select
        newest_loads.dataset_id,
        to_date(left(newest_loads.period_label, 7), 'YYYY-MM') as period_month,
        sum(standing_rows.rows_in_file) as rows_in_file,
        sum(standing_rows.rows_loaded) as rows_loaded,
        sum(standing_rows.rows_rejected) as rows_rejected,
        count(*) filter (where newest_loads.is_stopped) as loads_stopped,
        max(standing_rows.finished_at) as last_loaded_at
    from newest_loads
    left join standing_rows using (dataset_id, period_label)
    group by 1, 2
),

restated as (
    select distinct dataset_id, period_month
    from mart.figure_revision
    cross join unnest(dataset_ids) as dataset_id
    where is_restatement
)

select
    part.agency_code,
    part.dataset_id,
    part.period_month,
    part.granularity_code,
    standing.as_of_date,
    part.due_from,
    part.parts_due,
    part.parts_delivered,
    part.parts_not_delivered,
    case
        when part.parts_due = 0 then 'not_due'
        when part.parts_delivered = part.parts_due then 'complete'
        when part.parts_delivered = 0 then 'missing'
        else 'partial'
    end as state_code,
    part.missing_labels,
    cast(coalesce(loads.rows_in_file, 0) as bigint) as rows_in_file,
    cast(coalesce(loads.rows_loaded, 0) as bigint) as rows_loaded,
    cast(coalesce(loads.rows_rejected, 0) as bigint) as rows_rejected,
    cast(coalesce(loads.loads_stopped, 0) as int) as loads_stopped,
    loads.last_loaded_at,
    case
        when restated.dataset_id is not null then 'restated'
        when ops.closes_on(part.period_month) <= standing.as_of_date then 'final'
        else 'provisional'
    end as revision_state_code
from standing
cross join lateral ops.dataset_month(standing.as_of_date) as part
left join loads using (dataset_id, period_month)
left join restated using (dataset_id, period_month);

grant select on ops.coverage to green_freight_loader, green_freight_builder, green_freight_publisher;

comment on function ops.closes_on is '月份定为最终的日期：月末后 45 天，迟到和更正的数据届时已到 / the day from which a month is '
    'final, 45 days after its end: late deliveries and corrections have come by then';
comment on function ops.expected_part is '应交付日历：截至业务日，每个数据集应交付的各部分（一日或一表）及应交日 / the expected calendar: '
    'every part (a day, or a form) that is due of each dataset through a business day, and the day on which it is';
comment on function ops.dataset_month is '截至业务日，每个数据集每月应交付与已交付的部分 / what is due and what is delivered of each '
    'dataset and month through a business day';

comment on view ops.coverage is '数据覆盖：每个数据集每月应交付、已交付、缺少什么，由应交付日历得出 / coverage: one row per dataset and '
    'month with what was due, what is there and what is missing, from the expected calendar';
comment on column ops.coverage.agency_code is '单位 / agency';
comment on column ops.coverage.dataset_id is '数据集，即 raw 表名 / dataset, the table in raw';
comment on column ops.coverage.period_month is '月份（每月一日） / month (its first day)';
comment on column ops.coverage.granularity_code is '交付频率：day 每日、month 每月一表、changed_since 登记簿 / how it is delivered: every day, '
    'one form a month, or a register asked for its changes';
comment on column ops.coverage.as_of_date is '截至日：仓库所处的最新业务日 / as of: the newest business day of any run or publication';
comment on column ops.coverage.due_from is '自该日起有应交付的部分；月表为当月最后一日 / from this day on something of the month is due; a form '
    'on the month''s last day';
comment on column ops.coverage.parts_due is '应交付的部分：日数，月表为 1 / parts due: days, or one form';
comment on column ops.coverage.parts_delivered is '已交付的部分 / parts delivered';
comment on column ops.coverage.parts_not_delivered is '缺少的部分中，单位最近答复“未交付”的数量 / missing parts that the agency had not '
    'delivered when it was last asked';
comment on column ops.coverage.state_code is '状态：complete 完整、partial 部分、missing 缺失、not_due 未到期 / state: complete, partial, '
    'missing, or nothing due yet';
comment on column ops.coverage.missing_labels is '缺少的日或月 / the days, or the form, that are missing';
comment on column ops.coverage.rows_in_file is '现有数据的文件行数 / rows in the files that stand';
comment on column ops.coverage.rows_loaded is '其中已加载 / of these loaded';
comment on column ops.coverage.rows_rejected is '其中被拒收 / of these rejected';
comment on column ops.coverage.loads_stopped is '最近一次加载被停止的期数，原有数据不变 / periods whose newest load stopped: the rows that were '
    'there, if any, still stand';
comment on column ops.coverage.last_loaded_at is '最近一次装入数据的时间 / when rows were last taken in';
comment on column ops.coverage.revision_state_code is '修订状态：provisional 暂定（月末后 45 天内）、final 最终、restated 已重述：该月依赖此'
    '数据集的最终指标值后来改变 / provisional until 45 days after the month, then final; restated: a final figure of the month that '
    'depends on this dataset was changed';
