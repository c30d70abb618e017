-- The programme's facts for functions of the warehouse; bootstrap keeps the row equal to dbt's seed `programme`.
create table ops.programme (
    city_code text primary key,
    first_day date not null,
    last_day date not null check (last_day > first_day),
    days_to_close int not null check (days_to_close >= 0)
);
create unique index programme_single_row on ops.programme ((true));

-- Called once for each month of a query, so the row is read by a subselect that the planner evaluates once.
create or replace function ops.closes_on(period_month date) returns date
language sql stable
as $$
    select cast(period_month + interval '1 month' - interval '1 day' as date)
        + (select programme.days_to_close from ops.programme)
$$;

grant select on ops.programme to green_freight_loader, green_freight_builder, green_freight_publisher;

comment on table ops.programme is '示范工程，取自种子 programme / the programme, equal to the seed programme';
comment on column ops.programme.city_code is '城市区划代码（GB/T 2260） / region code of the city (GB/T 2260)';
comment on column ops.programme.first_day is '示范期首日 / the programme''s first day';
comment on column ops.programme.last_day is '示范期末日 / the programme''s last day';
comment on column ops.programme.days_to_close is '月末后多少天转为最终值 / days after a month''s end from which its figures are final';
