-- Changes of the large facts, month by month: what a run found before publishing, what somebody approved, what each
-- publication changed.
create table ops.fact_change (
    run_id text not null,
    build_id bigint not null,
    compared_with_publication_no bigint,
    table_name text not null,
    period_month date not null,
    old_rows bigint not null,
    new_rows bigint not null,
    rows_added bigint not null,
    rows_changed bigint not null,
    rows_removed bigint not null,
    old_sums jsonb not null,
    new_sums jsonb not null,
    old_hash numeric not null,
    new_hash numeric not null,
    changed_share numeric(7, 6) not null check (changed_share between 0 and 1),
    is_audited bool not null,
    approval_codes text[] not null,
    primary key (run_id, table_name, period_month)
);
comment on table ops.fact_change is '一次运行在发布前找到的大表月份变化 / a month of a large fact that a run would change, found before '
    'publishing; a dry run leaves it beside ops.figure_change';
comment on column ops.fact_change.run_id is '运行编号 / the run';
comment on column ops.fact_change.build_id is '构建序号（试运行为其临时库中的序号） / the build (of a dry run: in its scratch database)';
comment on column ops.fact_change.compared_with_publication_no is '与之比较的发布号 / the publication it was compared with';
comment on column ops.fact_change.table_name is '表 / table';
comment on column ops.fact_change.period_month is '月份 / month';
comment on column ops.fact_change.old_rows is '已发布的行数 / rows as published';
comment on column ops.fact_change.new_rows is '候选的行数 / rows of the candidate';
comment on column ops.fact_change.rows_added is '新增行数 / rows added';
comment on column ops.fact_change.rows_changed is '变更行数：已发布的值改变或丢失的行，只换来源文件的不计 / rows of which a published value changed or '
    'was lost; another source file alone does not count';
comment on column ops.fact_change.rows_removed is '删除行数 / rows removed';
comment on column ops.fact_change.old_sums is '已发布的各数值列合计，单位同列 / sums of the measures as published, in the unit of each column';
comment on column ops.fact_change.new_sums is '候选的各数值列合计 / sums of the measures of the candidate';
comment on column ops.fact_change.old_hash is '已发布各行的哈希之和 / sum of the hashes of the rows as published';
comment on column ops.fact_change.new_hash is '候选各行的哈希之和 / sum of the hashes of the rows of the candidate';
comment on column ops.fact_change.changed_share is '已发布内容的变动占比：变更、删除的行数或数值，取最大（0 至 1） / share of what is published that '
    'changes or vanishes, of the rows or of a measure, the largest (0 to 1)';
comment on column ops.fact_change.is_audited is '是否在本次构建的月份之内（经审核） / whether the build names the month, so that its audit covered it';
comment on column ops.fact_change.approval_codes is '须批准的理由：fact_change 变动超限、undoes_revert 回到被回退的内容；空为无须批准 / why it '
    'needs an approval; empty where it does not';

create table ops.approved_fact_month (
    approval_id bigint not null references ops.approval,
    table_name text not null,
    period_month date not null,
    new_rows bigint not null,
    new_hash numeric not null,
    primary key (approval_id, table_name, period_month)
);
comment on table ops.approved_fact_month is '批准发布的大表月份 / a month of a large fact that may be published with exactly these rows';
comment on column ops.approved_fact_month.approval_id is '批准序号 / the approval';
comment on column ops.approved_fact_month.table_name is '表 / table';
comment on column ops.approved_fact_month.period_month is '月份 / month';
comment on column ops.approved_fact_month.new_rows is '行数 / rows';
comment on column ops.approved_fact_month.new_hash is '各行的哈希之和 / sum of the hashes of the rows';

create table ops.fact_revision (
    publication_no bigint not null,
    table_name text not null,
    period_month date not null,
    old_rows bigint not null,
    new_rows bigint not null,
    old_hash numeric not null,
    new_hash numeric not null,
    primary key (table_name, period_month, publication_no)
);
comment on table ops.fact_revision is '一次发布改变的大表月份 / a month of a large fact that a publication changed';
comment on column ops.fact_revision.publication_no is '发布号 / the publication';
comment on column ops.fact_revision.table_name is '表 / table';
comment on column ops.fact_revision.period_month is '月份 / month';
comment on column ops.fact_revision.old_rows is '此前的行数 / rows before';
comment on column ops.fact_revision.new_rows is '此后的行数 / rows after';
comment on column ops.fact_revision.old_hash is '此前各行的哈希之和 / sum of the hashes of the rows before';
comment on column ops.fact_revision.new_hash is '此后各行的哈希之和 / sum of the hashes of the rows after';

grant select, insert, delete on ops.fact_change to green_freight_builder;
grant select on ops.fact_change to green_freight_loader, green_freight_publisher;
grant select, insert on ops.approved_fact_month to green_freight_builder;
grant select on ops.approved_fact_month to green_freight_loader, green_freight_publisher;
grant select, insert on ops.fact_revision to green_freight_publisher;
grant select on ops.fact_revision to green_freight_loader, green_freight_builder;
