-- What the audit found, for readers: without the rows, which may name a vehicle.
set role green_freight_publisher;

create view mart.validation_result as
select
    publication.publication_no,
    publication.published_at,
    verdict.table_name,
    verdict.expectation_code,
    case when verdict.is_success then 'passed' else verdict.severity_code end as result_code,
    verdict.change_code,
    verdict.unexpected_count,
    verdict.new_count,
    verdict.message_zh,
    verdict.message_en
from mart.publication
inner join ops.verdict on verdict.build_id = publication.build_id;
comment on view mart.validation_result is '一次发布所依据的构建的一条审核结果 / one result of the audit of the build that a publication shows';
comment on column mart.validation_result.publication_no is '发布号 / the publication';
comment on column mart.validation_result.published_at is '发布时间 / published at';
comment on column mart.validation_result.table_name is '表 / table';
comment on column mart.validation_result.expectation_code is '校验规则代码，表内唯一 / code of the expectation, unique in its table';
comment on column mart.validation_result.result_code is '结果：passed 通过、warning 警告、critical 严重（标签种类 audit_result） / '
    'result: passed, warning, critical (labels: kind audit_result)';
comment on column mart.validation_result.change_code is '与上次发布的审核相比：new、growing、standing、resolved（标签种类 audit_change）；此前与现在都符合则为空 / '
    'compared with the last publication (labels: kind audit_change); empty where the expectation held and holds';
comment on column mart.validation_result.unexpected_count is '不符合的行数 / rows that broke it';
comment on column mart.validation_result.new_count is '其中上次发布没有的行数 / those that the last publication did not have';
comment on column mart.validation_result.message_zh is '规则、结果与处理办法（中文） / the rule, its result and what to do, Chinese';
comment on column mart.validation_result.message_en is '规则、结果与处理办法（英文） / the rule, its result and what to do, English';

-- The records as of a publication are described like the newest ones.
do $$
declare
    described record;
begin
    for described in
        select shown.relname, columns.attname, col_description(record.oid, columns.attnum) as comment
        from pg_class as shown
        inner join pg_class as record on record.relname = shown.relname and record.relnamespace = 'mart'::regnamespace
        inner join pg_attribute as columns on columns.attrelid = record.oid and columns.attnum > 0
        where shown.relnamespace = 'mart_asof'::regnamespace
            and col_description(record.oid, columns.attnum) is not null
            and exists (select from pg_attribute where attrelid = shown.oid and attname = columns.attname)
    loop
        execute format('comment on column mart_asof.%I.%I is %L', described.relname, described.attname, described.comment);
    end loop;
end
$$;

reset role;
