-- Comments in the terms of docs/glossary.md: 取数, 装载, 期次, 校验规则, 统计日, 回补.
comment on schema ops is '运行记录：取数、装载、构建、审核 / the record of runs: fetches, loads, builds, audits';
comment on column ops.run.kind_code is '类型：nightly 每日、backfill 回补等 / kind: nightly, backfill and so on';
comment on table ops.fetch is '一次取数：单位 × 交付 × 期次 / one fetch: agency × delivery × period';
comment on column ops.fetch.fetch_id is '取数序号 / serial of the fetch';
comment on column ops.fetch.period_label is '期次：日 2025-09-30 或月 2025-09 / period: a day or a month';
comment on column ops.source_file.source_file_key is '文件键：单位/交付/期次/文件名/内容校验和的 SHA-256 前 20 位 / '
    'first 20 hex digits of sha256(agency/delivery/period/file name/content sha256)';
comment on column ops.source_file.period_label is '期次 / period';
comment on table ops.load is '一次装载：数据集 × 期次 / one load: dataset × period';
comment on column ops.load.load_id is '装载序号 / serial of the load';
comment on column ops.load.period_label is '期次 / period';
comment on column ops.load.outcome_code is '结果：loaded 已装载、unchanged 内容未变、stopped 整份拒收 / what became of it';
comment on column ops.load.rows_in_file is '文件行数 = 装载 + 拒收 / rows in the file = loaded + rejected';
comment on column ops.load.rows_loaded is '装载行数 / rows loaded';
comment on table ops.rejected_row is '不符合契约而未装载的行 / a row that broke its contract and was not loaded';
comment on column ops.rejected_row.load_id is '装载序号 / the load';
comment on column ops.rejected_row.period_label is '期次 / period';
comment on column ops.build.as_of_date is '统计日 / as-of date of the figures';
comment on column ops.build.through_load_id is '包含至此装载序号 / contains the loads through this one';
comment on table ops.verdict is '一条校验规则对一次构建的结论 / what one expectation found in one build';
comment on column ops.verdict.expectation_code is '校验规则代码 / code of the expectation';
comment on column ops.verdict.expectation_type is '校验规则类型 / type of the expectation';
comment on column mart.publication.as_of_date is '统计日 / as-of date of the figures';
comment on column mart.publication.verdict_passed_count is '通过的校验规则数 / expectations that passed';
comment on column mart.publication_file.period_label is '期次 / period';
comment on column ops.coverage.rows_loaded is '其中已装载 / of these loaded';
comment on column ops.coverage.loads_stopped is '最近一次装载被停止的期数，原有数据不变 / periods whose newest load stopped: the rows that were '
    'there, if any, still stand';
comment on column ops.coverage.last_loaded_at is '最近一次装载数据的时间 / when rows were last taken in';
