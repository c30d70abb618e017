comment on table ops.build is '一次构建：由 raw 生成 candidate / one build of candidate from raw';
comment on column ops.build.build_id is '构建序号 / serial of the build';
comment on column ops.build.run_id is '运行编号 / the run';
comment on column ops.build.as_of_date is '评判日 / day the figures are judged at';
comment on column ops.build.changed_months is '重建的月份（每月一日），空为全部 / months rebuilt (first days); null means all';
comment on column ops.build.through_load_id is '包含至此加载序号 / contains the loads through this one';
comment on column ops.build.code_version is '代码版本 / version of the code';
comment on column ops.build.model_rows is '各模型行数 / rows by model';
comment on column ops.build.outcome_code is '状态：built 已构建、failed 失败、audited 审核通过、rejected 审核未通过、'
    'published 已发布，空为进行中 / state; null while it runs';
comment on column ops.build.started_at is '开始时间 / begun at';
comment on column ops.build.finished_at is '结束时间 / ended at';
comment on column ops.build.error_message is '失败原因 / why it failed';

comment on table ops.verdict is '一条期望对一次构建的结论 / what one expectation found in one build';
comment on column ops.verdict.build_id is '构建序号 / the build';
comment on column ops.verdict.run_id is '运行编号 / the run';
comment on column ops.verdict.table_name is '表 / table';
comment on column ops.verdict.expectation_code is '期望代码 / code of the expectation';
comment on column ops.verdict.expectation_type is '期望类型 / type of the expectation';
comment on column ops.verdict.column_name is '列 / column';
comment on column ops.verdict.severity_code is '严重程度：critical 阻止发布、warning 警告 / critical stops, warning is shown';
comment on column ops.verdict.is_success is '是否符合 / whether it held';
comment on column ops.verdict.observed_value is '实际值 / value observed';
comment on column ops.verdict.unexpected_count is '不符合的行数 / rows that broke it';
comment on column ops.verdict.sample is '不符合的样例 / some of those rows';
comment on column ops.verdict.message_zh is '说明（中文） / message in Chinese';
comment on column ops.verdict.message_en is '说明（英文） / message in English';

comment on table ops.candidate_lease is '谁在使用 candidate：从构建到发布同时只许一个运行 / '
    'who holds candidate: one run at a time from build to publication; no row means free';
comment on column ops.candidate_lease.is_the_only_row is '恒为真，保证只有一行 / always true: there is one row at most';
comment on column ops.candidate_lease.run_id is '持有的运行 / run that holds it';
comment on column ops.candidate_lease.acquired_at is '取得时间 / held since';
comment on column ops.candidate_lease.expires_at is '到期时间，此后他人可取得 / after this another run may take it';
