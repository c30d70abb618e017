-- The sample says where its rows stand in the files of the agencies.
comment on column ops.verdict.sample is '不符合的前 20 行，新增的在前：是否新增（is_new）、键、单位与文件及其工作表与行号（有来源的表）、规则涉及的列 / '
    'the first 20 rows that broke it, new ones first: whether the row is new (is_new), its key, the agency, file, sheet and row that '
    'it came from where the table has them, the columns that the rule names';
