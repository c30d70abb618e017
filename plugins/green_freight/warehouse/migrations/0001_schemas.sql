-- The schemas in the order the data flows, and who may do what in each. Runs as the owner.
revoke all on schema public from public;

create schema ops;
create schema raw;
create schema staging;
create schema intermediate;
create schema reference;
create schema candidate;
create schema mart authorization green_freight_publisher;
create schema mart_partition authorization green_freight_publisher;
create schema mart_history authorization green_freight_publisher;
create schema mart_asof authorization green_freight_publisher;

comment on schema ops is '运行记录：抓取、加载、构建、审核 / the record of runs: fetches, loads, builds, audits';
comment on schema raw is '各单位原始数据，每个数据集一张表 / data as delivered, one table a dataset';
comment on schema staging is '标准化视图 / standardised views over raw';
comment on schema intermediate is '中间模型 / intermediate models';
comment on schema reference is '计划与代码表 / the plan and the code lists';
comment on schema candidate is '待审核的星型模型，读者不可见 / the star before its audit, not visible to readers';
set role green_freight_publisher;
comment on schema mart is '最新发布的星型模型 / the newest publication of the star';
comment on schema mart_partition is 'mart 大表的月分区，请查询 mart / monthly partitions of mart tables; query mart instead';
comment on schema mart_history is '被替代的历史版本 / superseded versions of rows';
comment on schema mart_asof is '按所选发布查看 / every table as of a chosen publication';
reset role;

grant usage on schema ops to green_freight_loader, green_freight_builder, green_freight_publisher;
grant usage, create on schema raw to green_freight_loader;
grant usage on schema raw to green_freight_builder;
grant usage, create on schema staging, intermediate, reference, candidate to green_freight_builder;
grant usage on schema candidate to green_freight_publisher;

-- The builder compares with the last publication, the reader reads; a partition is read through its parent.
set role green_freight_publisher;
grant usage on schema mart, mart_history, mart_asof to green_freight_builder, green_freight_reader;
alter default privileges in schema mart grant select on tables to green_freight_builder, green_freight_reader;
alter default privileges in schema mart_history
    grant select on tables to green_freight_builder, green_freight_reader;
alter default privileges in schema mart_asof
    grant select on tables to green_freight_builder, green_freight_reader;
-- A role's own default can only be withdrawn for all schemas at once (functions are open to PUBLIC otherwise).
alter default privileges revoke execute on functions from public;
reset role;

set role green_freight_loader;
alter default privileges in schema raw grant select on tables to green_freight_builder;
alter default privileges revoke execute on functions from public;
reset role;

set role green_freight_builder;
alter default privileges in schema candidate grant select on tables to green_freight_publisher;
alter default privileges revoke execute on functions from public;
reset role;

alter default privileges revoke execute on functions from public;
