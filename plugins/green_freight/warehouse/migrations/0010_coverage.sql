-- Coverage: what was due of every dataset and month by an expected calendar, and what of it the warehouse holds.

-- SQL cannot read the agencies' registry: bootstrap keeps this table equal to it.
create table ops.expected_dataset (
    dataset_id text primary key,
    agency_code text not null check (agency_code in ('transport', 'commerce', 'postal', 'power')),
    delivery_name text not null,
    granularity_code text not null check (granularity_code in ('day', 'month', 'changed_since')),
    expected_from date not null
);

create function ops.closes_on(period_month date) returns date
language sql immutable
as $$
    select cast(period_month + interval '1 month' - interval '1 day' as date) + 45
$$;

create function ops.expected_part(business_day date)
returns table (dataset_id text, period_month date, period_label text, due_on date)
language sql stable
as $$
    select dataset.dataset_id, cast(date_trunc('month', day) as date), to_char(day, 'YYYY-MM-DD'), cast(day as date)
    from ops.expected_dataset as dataset
    cross join generate_series(cast(dataset.expected_from as timestamp), business_day, interval '1 day') as day
    where dataset.granularity_code <> 'month'
    union all
    select dataset.dataset_id, cast(month as date), to_char(month, 'YYYY-MM'), form.due_on
    from ops.expected_dataset as dataset
    cross join
        generate_series(date_trunc('month', cast(dataset.expected_from as timestamp)), business_day, interval '1 month')
            as month
    cross join lateral (select cast(month + interval '1 month' - interval '1 day' as date)) as form (due_on)
    where dataset.granularity_code = 'month' and form.due_on <= business_day
$$;

-- A part is delivered when a load of its own label, or of its whole month, reaches the day on which it was due: one
-- that stopped reaches none, and a form that was taken before its month was over is not the one that is due.
create function ops.dataset_month(business_day date)
returns table (
    agency_code text,
    dataset_id text,
    granularity_code text,
    period_month date,
    due_from date,
    parts_due int,
    parts_delivered int,
    parts_not_delivered int,
    missing_labels text[]
)
language sql stable
as $$
    with months as (
        select
            dataset.agency_code, dataset.delivery_name, dataset.dataset_id, dataset.granularity_code,
            cast(month as date) as period_month,
            case
                when dataset.granularity_code = 'month' then cast(month + interval '1 month' - interval '1 day' as date)
                else greatest(cast(month as date), dataset.expected_from)
            end as due_from
        from ops.expected_dataset as dataset
        cross join
            generate_series(
                date_trunc('month', cast(dataset.expected_from as timestamp)), business_day, interval '1 month'
            ) as month
    ),

    reached as (
        select load.dataset_id, load.period_label, max(load.complete_through) as complete_through
        from ops.load
        where load.outcome_code in ('loaded', 'unchanged')
        group by load.dataset_id, load.period_label
    ),

    answers as (
        select distinct on (agency_code, delivery_name, period_label)
            agency_code, delivery_name, period_label, outcome_code = 'not_delivered' as is_not_delivered
        from ops.fetch
        order by agency_code, delivery_name, period_label, fetch_id desc
    ),

    parts as (
        select
            part.dataset_id, part.period_month, part.period_label,
            coalesce(greatest(own.complete_through, whole.complete_through) >= part.due_on, false) as is_delivered
        from ops.expected_part(business_day) as part
        left join reached as own on own.dataset_id = part.dataset_id and own.period_label = part.period_label
        left join reached as whole
            on whole.dataset_id = part.dataset_id and whole.period_label = to_char(part.period_month, 'YYYY-MM')
    )

    select
        months.agency_code, months.dataset_id, months.granularity_code, months.period_month, months.due_from,
        cast(count(parts.period_label) as int),
        cast(count(*) filter (where parts.is_delivered) as int),
        cast(count(*) filter (where not parts.is_delivered and answers.is_not_delivered) as int),
        coalesce(array_agg(parts.period_label order by parts.period_label) filter (where not parts.is_delivered), '{}')
    from months
    left join parts on parts.dataset_id = months.dataset_id and parts.period_month = months.period_month
    left join answers
        on
            answers.agency_code = months.agency_code
            and answers.delivery_name = months.delivery_name
            and answers.period_label = parts.period_label
    group by
        months.agency_code, months.dataset_id, months.granularity_code, months.period_month, months.due_from
$$;

grant select on ops.expected_dataset to green_freight_loader, green_freight_builder, green_freight_publisher;
grant execute on function ops.closes_on, ops.expected_part, ops.dataset_month
    to green_freight_loader, green_freight_builder, green_freight_publisher;

comment on table ops.expected_dataset is '应交付的数据集，取自各单位登记 / the datasets that are expected, equal to the agencies'' registry';
comment on column ops.expected_dataset.dataset_id is '数据集 / dataset';
comment on column ops.expected_dataset.agency_code is '单位 / agency';
comment on column ops.expected_dataset.delivery_name is '交付名称 / delivery it is read from';
comment on column ops.expected_dataset.granularity_code is '交付频率：day 每日、month 每月一表、changed_since 登记簿（按变更） / how it is '
    'delivered: every day, one form a month, or a register asked for its changes';
comment on column ops.expected_dataset.expected_from is '自该日起应交付 / expected from this day on';
