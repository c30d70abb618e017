-- What changed from publication to publication, figure by figure: shown before, approved where it must be, kept after.
set role green_freight_publisher;

alter table mart.publication
add column reverted_to bigint references mart.publication,
add column approved_by text,
add column approved_at timestamptz,
add column approval_reason text;
comment on column mart.publication.reverted_to is '本次发布恢复的旧发布号 / the earlier publication whose state this one '
    'published again; empty unless it is a revert';
comment on column mart.publication.approved_by is '批准人；无须批准则为空 / who approved it; empty where nothing needed approval';
comment on column mart.publication.approved_at is '批准时间 / approved at';
comment on column mart.publication.approval_reason is '批准理由 / why it was approved';

create table mart.figure_revision (
    city_code text not null,
    indicator_code text not null,
    region_code text not null,
    period_month date not null,
    publication_no bigint not null references mart.publication,
    published_at timestamptz not null,
    indicator_name_zh text not null,
    indicator_name_en text not null,
    old_numerator numeric(20, 6),
    new_numerator numeric(20, 6),
    old_denominator numeric(20, 6),
    new_denominator numeric(20, 6),
    old_actual_value numeric(20, 6),
    new_actual_value numeric(20, 6),
    old_target_value numeric(20, 6),
    new_target_value numeric(20, 6),
    old_status_code text,
    new_status_code text,
    is_restatement bool not null,
    cause_codes text[] not null,
    dataset_ids text[] not null,
    reason text,
    is_synthetic bool not null,
    primary key (city_code, indicator_code, region_code, period_month, publication_no)
);
create index on mart.figure_revision (publication_no);
comment on table mart.figure_revision is '指标值的修订史：一行是一次发布改变的一个指标、区划、月份的数值 / the revision history of '
    'the figures: one row is one figure (indicator, region, month) that one publication changed';
comment on column mart.figure_revision.city_code is '城市代码（GB/T 2260） / city code (GB/T 2260)';
comment on column mart.figure_revision.indicator_code is '指标代码 / indicator code';
comment on column mart.figure_revision.region_code is '区划代码（GB/T 2260） / region code (GB/T 2260)';
comment on column mart.figure_revision.period_month is '月份（每月一日） / month (its first day)';
comment on column mart.figure_revision.publication_no is '改变它的发布号 / the publication that changed it';
comment on column mart.figure_revision.published_at is '发布时间 / published at';
comment on column mart.figure_revision.indicator_name_zh is '指标中文名 / Chinese name of the indicator';
comment on column mart.figure_revision.indicator_name_en is '指标英文名 / English name of the indicator';
comment on column mart.figure_revision.old_numerator is '原分子 / numerator before';
comment on column mart.figure_revision.new_numerator is '新分子 / numerator after';
comment on column mart.figure_revision.old_denominator is '原分母 / denominator before';
comment on column mart.figure_revision.new_denominator is '新分母 / denominator after';
comment on column mart.figure_revision.old_actual_value is '原实际值 / actual before';
comment on column mart.figure_revision.new_actual_value is '新实际值 / actual after';
comment on column mart.figure_revision.old_target_value is '原目标值 / target before';
comment on column mart.figure_revision.new_target_value is '新目标值 / target after';
comment on column mart.figure_revision.old_status_code is '原状态；首次发布为空 / status before; empty for the first publication of a figure';
comment on column mart.figure_revision.new_status_code is '新状态；不再发布为空 / status after; empty where the figure is no longer published';
comment on column mart.figure_revision.is_restatement is '是否重述：改变前已是最终值 / whether it was published as final before: a restatement';
comment on column mart.figure_revision.cause_codes is '原因：first 首次、progress 时间推进、late_data 迟到数据、correction 更正、deletion 删除、'
    'definition 口径、revert 恢复、unexplained 未能解释 / causes: first, progress of time, late data, correction, deletion, definition, '
    'revert, unexplained';
comment on column mart.figure_revision.dataset_ids is '带来变化的数据集 / the datasets whose new loads explain it';
comment on column mart.figure_revision.reason is '发布的原因 / why it was published';
comment on column mart.figure_revision.is_synthetic is '是否为演示（合成）数据，不是本市的真实数据 / whether it rests on synthetic '
    'demonstration data, not on the city''s own';

-- The records of publications as they were known at the chosen one, like every other readers' table.
create view mart_asof.publication as
select * from mart.publication where publication_no <= (select mart_asof.chosen_publication());
comment on view mart_asof.publication is '截至所选发布的发布记录 / the publications up to the chosen one';

create view mart_asof.publication_table_change as
select * from mart.publication_table_change where publication_no <= (select mart_asof.chosen_publication());
comment on view mart_asof.publication_table_change is '截至所选发布的表变化 / what publications up to the chosen one changed by table';

create view mart_asof.figure_revision as
select * from mart.figure_revision where publication_no <= (select mart_asof.chosen_publication());
comment on view mart_asof.figure_revision is '截至所选发布的修订史 / the revision history up to the chosen publication';
reset role;

-- The difference that a run found between its candidate and what is published, before anything is published.
create table ops.figure_change (
    run_id text not null,
    build_id bigint not null,
    compared_with_publication_no bigint,
    city_code text not null,
    indicator_code text not null,
    region_code text not null,
    period_month date not null,
    indicator_name_zh text not null,
    indicator_name_en text not null,
    old_numerator numeric(20, 6),
    new_numerator numeric(20, 6),
    old_denominator numeric(20, 6),
    new_denominator numeric(20, 6),
    old_actual_value numeric(20, 6),
    new_actual_value numeric(20, 6),
    old_target_value numeric(20, 6),
    new_target_value numeric(20, 6),
    old_status_code text,
    new_status_code text,
    is_restatement bool not null,
    cause_codes text[] not null,
    dataset_ids text[] not null,
    approval_codes text[] not null,
    primary key (run_id, city_code, indicator_code, region_code, period_month)
);
comment on table ops.figure_change is '一次运行在发布前找到的指标变化 / a figure that a run would change, found before publishing; '
    'a dry run leaves no other trace';
comment on column ops.figure_change.run_id is '运行编号 / the run';
comment on column ops.figure_change.build_id is '构建序号（试运行为其临时库中的序号） / the build (of a dry run: in its scratch database)';
comment on column ops.figure_change.compared_with_publication_no is '与之比较的发布号 / the publication it was compared with';
comment on column ops.figure_change.city_code is '城市代码 / city';
comment on column ops.figure_change.indicator_code is '指标代码 / indicator';
comment on column ops.figure_change.region_code is '区划代码 / region';
comment on column ops.figure_change.period_month is '月份 / month';
comment on column ops.figure_change.indicator_name_zh is '指标中文名 / Chinese name of the indicator';
comment on column ops.figure_change.indicator_name_en is '指标英文名 / English name of the indicator';
comment on column ops.figure_change.old_numerator is '原分子 / numerator as published';
comment on column ops.figure_change.new_numerator is '新分子 / numerator of the candidate';
comment on column ops.figure_change.old_denominator is '原分母 / denominator as published';
comment on column ops.figure_change.new_denominator is '新分母 / denominator of the candidate';
comment on column ops.figure_change.old_actual_value is '原实际值 / actual as published';
comment on column ops.figure_change.new_actual_value is '新实际值 / actual of the candidate';
comment on column ops.figure_change.old_target_value is '原目标值 / target as published';
comment on column ops.figure_change.new_target_value is '新目标值 / target of the candidate';
comment on column ops.figure_change.old_status_code is '原状态 / status as published';
comment on column ops.figure_change.new_status_code is '新状态 / status of the candidate';
comment on column ops.figure_change.is_restatement is '是否改变最终值 / whether it was published as final';
comment on column ops.figure_change.cause_codes is '原因，同 mart.figure_revision / causes, as in mart.figure_revision';
comment on column ops.figure_change.dataset_ids is '带来变化的数据集 / the datasets whose new loads explain it';
comment on column ops.figure_change.approval_codes is '须批准的理由：status_flip 完成与否翻转、final_change 最终值变化超限、'
    'unexplained 未能解释、undoes_revert 回到被恢复掉的值；空为无须批准 / why it needs an approval; empty where it does not';

-- An approval lets figures be published as they were shown; another value needs another approval.
create table ops.approval (
    approval_id bigserial primary key,
    run_id text not null,
    approved_by text not null,
    reason text not null check (reason <> ''),
    approved_at timestamptz not null default clock_timestamp()
);
comment on table ops.approval is '一次批准 / one approval of changes before their publication';
comment on column ops.approval.approval_id is '批准序号 / serial of the approval';
comment on column ops.approval.run_id is '为哪次运行批准 / the run that asked';
comment on column ops.approval.approved_by is '批准人 / who approved';
comment on column ops.approval.reason is '理由 / why';
comment on column ops.approval.approved_at is '批准时间 / approved at';

create table ops.approved_figure (
    approval_id bigint not null references ops.approval,
    city_code text not null,
    indicator_code text not null,
    region_code text not null,
    period_month date not null,
    new_numerator numeric(20, 6),
    new_denominator numeric(20, 6),
    new_actual_value numeric(20, 6),
    new_target_value numeric(20, 6),
    new_status_code text,
    primary key (approval_id, city_code, indicator_code, region_code, period_month)
);
comment on table ops.approved_figure is '批准发布的数值 / a figure that may be published with exactly this value';
comment on column ops.approved_figure.approval_id is '批准序号 / the approval';
comment on column ops.approved_figure.city_code is '城市代码 / city';
comment on column ops.approved_figure.indicator_code is '指标代码 / indicator';
comment on column ops.approved_figure.region_code is '区划代码 / region';
comment on column ops.approved_figure.period_month is '月份 / month';
comment on column ops.approved_figure.new_numerator is '分子 / numerator';
comment on column ops.approved_figure.new_denominator is '分母 / denominator';
comment on column ops.approved_figure.new_actual_value is '实际值 / actual';
comment on column ops.approved_figure.new_target_value is '目标值 / target';
comment on column ops.approved_figure.new_status_code is '状态 / status';

alter table ops.build add column model_fingerprint text;
comment on column ops.build.model_fingerprint is '模型代码指纹：相同则口径相同 / checksum of the models: equal ones define every figure alike';

grant select, insert, delete on ops.figure_change to green_freight_builder;
grant select on ops.figure_change to green_freight_loader, green_freight_publisher;
grant select, insert on ops.approval, ops.approved_figure to green_freight_builder;
grant select on ops.approval, ops.approved_figure to green_freight_loader, green_freight_publisher;
grant usage on sequence ops.approval_approval_id_seq to green_freight_builder;

-- Publishing attributes each changed figure to the datasets that it depends on.
grant usage on schema reference to green_freight_publisher;
set role green_freight_builder;
alter default privileges in schema reference grant select on tables to green_freight_publisher;
do $$
begin
    -- An installation that has built before keeps its seeds' tables: they need the grant once.
    execute coalesce((
        select string_agg(format('grant select on reference.%I to green_freight_publisher', tablename), ';')
        from pg_tables where schemaname = 'reference' and tableowner = 'green_freight_builder'
    ), 'select 1');
end
$$;
reset role;
