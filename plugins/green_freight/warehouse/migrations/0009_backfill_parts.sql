-- How far a backfill has come: what it was split into, and what of it is done, so that an interrupted one goes on there.
create table ops.backfill_part (
    run_id text not null,
    agency_code text not null check (agency_code in ('transport', 'commerce', 'postal', 'power')),
    months text[] not null,
    months_done int not null default 0 check (months_done between 0 and cardinality(months)),
    started_at timestamptz,
    finished_at timestamptz,
    primary key (run_id, agency_code, months)
);
comment on table ops.backfill_part is '回补的一份：一个单位的几个月 / a part of a backfill: some months of one agency';
comment on column ops.backfill_part.run_id is '运行编号 / the run';
comment on column ops.backfill_part.agency_code is '单位 / agency';
comment on column ops.backfill_part.months is '月份（2023-01），按先后 / its months (2023-01), in order';
comment on column ops.backfill_part.months_done is '已完成的月数 / how many of them are done';
comment on column ops.backfill_part.started_at is '开始时间；中断后续做不改变 / begun at; going on after an interruption keeps it';
comment on column ops.backfill_part.finished_at is '完成时间，空为未完成 / done at; empty while it is not';
grant select, insert, update, delete on ops.backfill_part to green_freight_loader;
grant select on ops.backfill_part to green_freight_builder, green_freight_publisher;
