-- The only statement of what is due when: every part of the months through that of a day. A part is the month of a
-- form or a single day, and it is due on its last day.
create function ops.calendar(through_day date)
returns table (
    agency_code text,
    delivery_name text,
    dataset_id text,
    granularity_code text,
    period_month date,
    period_label text,
    due_on date
)
language sql stable
as $$
    select
        dataset.agency_code, dataset.delivery_name, dataset.dataset_id, dataset.granularity_code,
        cast(date_trunc('month', begins_on) as date),
        to_char(begins_on, part.label_format),
        cast(begins_on + part.length - interval '1 day' as date)
    from ops.expected_dataset as dataset
    inner join
        (values (true, 'month', interval '1 month', 'YYYY-MM'), (false, 'day', interval '1 day', 'YYYY-MM-DD'))
            as part (is_form, unit, length, label_format)
        on part.is_form = (dataset.granularity_code = 'month')
    cross join
        generate_series(
            date_trunc(part.unit, cast(dataset.expected_from as timestamp)),
            date_trunc('month', cast(through_day as timestamp)) + interval '1 month' - interval '1 day',
            part.length
        ) as begins_on
$$;

create or replace function ops.expected_part(business_day date)
returns table (dataset_id text, period_month date, period_label text, due_on date)
language sql stable
as $$
    select part.dataset_id, part.period_month, part.period_label, part.due_on
    from ops.calendar(business_day) as part
    where part.due_on <= business_day
$$;

-- A part is delivered when a load of its own label, or of its whole month, reaches the day on which it was due: one
-- that stopped reaches none, and a form that was taken before its month was over is not the one that is due.
create or replace function ops.dataset_month(business_day date)
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
    with reached as (
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
            part.*,
            part.due_on <= business_day as is_due,
            coalesce(greatest(own.complete_through, whole.complete_through) >= part.due_on, false) as is_delivered
        from ops.calendar(business_day) as part
        left join reached as own on own.dataset_id = part.dataset_id and own.period_label = part.period_label
        left join reached as whole
            on whole.dataset_id = part.dataset_id and whole.period_label = to_char(part.period_month, 'YYYY-MM')
    )

    select
        parts.agency_code, parts.dataset_id, parts.granularity_code, parts.period_month, min(parts.due_on),
        cast(count(*) filter (where parts.is_due) as int),
        cast(count(*) filter (where parts.is_due and parts.is_delivered) as int),
        cast(count(*) filter (where parts.is_due and not parts.is_delivered and answers.is_not_delivered) as int),
        coalesce(
            array_agg(parts.period_label order by parts.period_label)
                filter (where parts.is_due and not parts.is_delivered),
            '{}'
        )
    from parts
    left join answers
        on
            answers.agency_code = parts.agency_code
            and answers.delivery_name = parts.delivery_name
            and answers.period_label = parts.period_label
    group by parts.agency_code, parts.dataset_id, parts.granularity_code, parts.period_month
$$;

grant execute on function ops.calendar to green_freight_loader, green_freight_builder, green_freight_publisher;

comment on function ops.calendar is '应交付日历：截至某日所在月份，每个数据集的各部分（一日或一表）及应交日，含未到期的 / the expected calendar: '
    'every part (a day, or a form) of each dataset in the months through that of a day, and the day on which it is due, also '
    'where that is still to come';
comment on function ops.expected_part is '截至业务日到期的部分 / the parts of the calendar that are due through a business day';
