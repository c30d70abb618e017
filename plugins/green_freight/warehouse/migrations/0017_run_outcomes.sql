-- How every run ended: what it came to, which tasks failed; also of a run whose first task refused to begin it.
update ops.run set outcome_code = 'failed'
where outcome_code not in ('published', 'unchanged', 'compared', 'unpublished', 'failed');
alter table ops.run
    add column failed_tasks text[] not null default '{}',
    alter column business_day drop not null,
    add constraint run_outcome
        check (outcome_code in ('published', 'unchanged', 'compared', 'unpublished', 'failed')),
    add constraint begun_or_over
        check (business_day is not null or (outcome_code in ('failed', 'unpublished')) is true);

comment on column ops.run.business_day is '业务日；空为未能开始 / business day; empty where the run could not begin';
comment on column ops.run.finished_at is '结束时间，空为进行中 / ended at; empty while it runs';
comment on column ops.run.outcome_code is '结果：published 已发布（mart 与其构建一致）、unchanged 没有变化、compared 试运行已比较、'
    'unpublished 由人工结束而未发布、failed 失败；空为进行中 / what it came to: published (mart equals its build), unchanged, '
    'compared (a dry run), unpublished (a person ended it), failed; empty while it runs';
comment on column ops.run.failed_tasks is '失败的任务；有单位取数失败的运行仍可发布 / tasks that failed; a run with a failed '
    'agency can still publish';
