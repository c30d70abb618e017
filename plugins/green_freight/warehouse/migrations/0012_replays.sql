-- The record of replays: publications rebuilt from landing, and whether they came out as they were published.
create table ops.replay (
    replay_id bigserial primary key,
    publication_no bigint not null,
    code_version text not null,
    started_at timestamptz not null default clock_timestamp(),
    finished_at timestamptz,
    is_equal bool,
    tables jsonb not null default '[]',
    error_message text
);
create index on ops.replay (publication_no, replay_id);
comment on table ops.replay is '一次重放：由落地文件重建一次发布并比对 / one replay: a publication rebuilt from landing and compared '
    'with what was published';
comment on column ops.replay.replay_id is '重放序号 / serial of the replay';
comment on column ops.replay.publication_no is '发布号 / the publication';
comment on column ops.replay.code_version is '重建所用代码版本 / version of the code that rebuilt it';
comment on column ops.replay.started_at is '开始时间 / begun at';
comment on column ops.replay.finished_at is '结束时间，进行中或被中断则为空 / ended at; null while it runs or if it was killed';
comment on column ops.replay.is_equal is '各表是否全部一致，未能比对则为空 / whether every table was equal; null if none could be compared';
comment on column ops.replay.tables is '各表的行数与哈希 / rows and hash of each table, as published and as rebuilt';
comment on column ops.replay.error_message is '未能重建的原因 / why it could not be rebuilt';
grant select on ops.replay to green_freight_builder, green_freight_publisher;
