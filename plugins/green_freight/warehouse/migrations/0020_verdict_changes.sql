-- How the result of an expectation differs from that of the last publication.
alter table ops.verdict
    add column change_code text check (change_code in ('new', 'growing', 'standing', 'resolved')),
    add column new_count bigint,
    add column resolved_count bigint,
    add column failing_rows jsonb;

comment on column ops.verdict.sample is '不符合的前 20 行，新增的在前：是否新增（is_new）、键、规则涉及的列 / the first 20 rows that broke it, '
    'new ones first: whether the row is new (is_new), its key, the columns that the rule names';
comment on column ops.verdict.change_code is '与上次发布的审核相比：new 新增、growing 增加、standing 持续、resolved 已消除；此前与现在都符合则为空 / '
    'compared with the audit of the last publication: new, growing, standing, resolved; empty where the expectation held and holds';
comment on column ops.verdict.new_count is '上次发布没有的不符合行数 / failing rows that the last publication did not have';
comment on column ops.verdict.resolved_count is '上次发布有、现已符合的行数（仅限本次审核的月份） / failing rows of the last publication that hold now, '
    'in the months of this audit';
comment on column ops.verdict.failing_rows is '不符合各行的键的哈希，按月份；无月份的行列在空名下；未审核的月份沿用上次 / hashes of the keys of all failing rows '
    'by month, of rows without a month under the empty name; months that this audit did not evaluate as the last one left them';
