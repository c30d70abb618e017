-- A build makes the tables whose inputs changed, and an audit evaluates what these concern. What it keeps of the audit of
-- the last publication names the build that was evaluated.
alter table ops.build add column built_models text[];
comment on column ops.build.built_models is
    '本次构建的表；空表示全部 / the tables that the build made; empty where it may have made each';

alter table ops.verdict add column evaluated_build_id bigint references ops.build, add column rule_hash text;
comment on column ops.verdict.evaluated_build_id is
    '实际校验的构建；此后所涉数据未变则沿用其结果 / the build that was evaluated; a later one has its result while no data that the '
    'expectation reads have changed';
comment on column ops.verdict.rule_hash is '规则、级别与文字的校验值 / hash of rule, severity and texts';

create view ops.published_state as
select
    publication.build_id,
    publication.published_at as stands_since,
    publication.reverted_to is not null as is_revert
from mart.publication
union all
select build.build_id, build.finished_at, false
from ops.build as build
where build.outcome_code = 'published';
comment on view ops.published_state is
    '读者曾见到的一个状态：一次发布，或其后未改变任何内容的一次构建 / a state that readers saw: a publication, or a later build that changed nothing';
comment on column ops.published_state.build_id is '构建序号 / the build';
comment on column ops.published_state.stands_since is '自何时起 / since when';
comment on column ops.published_state.is_revert is '是否为恢复发布 / whether a revert brought it back';
grant select on ops.published_state to green_freight_builder, green_freight_publisher;
