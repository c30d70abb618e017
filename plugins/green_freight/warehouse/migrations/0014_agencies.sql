-- The agencies, and which of an agency's files counts. Migrating fills the table from the agency files.
create table ops.agency (
    code text primary key,
    name_zh text not null,
    name_en text not null
);
comment on table ops.agency is '交付数据的单位 / the agencies that deliver data';
comment on column ops.agency.code is '单位代码 / short code of the agency';
comment on column ops.agency.name_zh is '中文名称 / Chinese name';
comment on column ops.agency.name_en is '英文名称 / English name';
grant select on ops.agency to green_freight_loader, green_freight_builder, green_freight_publisher;

-- Rows of an earlier version refer to agencies that are named after this file.
insert into ops.agency (code, name_zh, name_en)
select agency_code, agency_code, agency_code from ops.fetch
union select agency_code, agency_code, agency_code from ops.source_file
union select agency_code, agency_code, agency_code from ops.load
union select agency_code, agency_code, agency_code from ops.rejected_row
union select agency_code, agency_code, agency_code from ops.backfill_part
union select agency_code, agency_code, agency_code from ops.expected_dataset;

alter table ops.fetch drop constraint fetch_agency_code_check,
    add foreign key (agency_code) references ops.agency;
alter table ops.source_file drop constraint source_file_agency_code_check,
    add foreign key (agency_code) references ops.agency;
alter table ops.load drop constraint load_agency_code_check,
    add foreign key (agency_code) references ops.agency;
alter table ops.backfill_part drop constraint backfill_part_agency_code_check,
    add foreign key (agency_code) references ops.agency;
alter table ops.expected_dataset drop constraint expected_dataset_agency_code_check,
    add foreign key (agency_code) references ops.agency;
alter table ops.rejected_row add foreign key (agency_code) references ops.agency;

-- The one rule for which file counts: the agency's highest version, then the latest delivery.
create function ops.winning_file(agency_code text, delivery_name text, period_label text)
returns setof ops.source_file
language sql stable
as $$
    select file.* from ops.source_file as file
    where file.agency_code = winning_file.agency_code
        and file.delivery_name = winning_file.delivery_name
        and file.period_label = winning_file.period_label
    order by file.version desc, file.delivered_at desc nulls last, file.last_received_at desc, file.source_file_key
    limit 1
$$;
comment on function ops.winning_file(text, text, text) is
'某单位某交付某期次以哪份文件为准：版本最高，其次投递最晚 / the file that counts for a delivery and period: the highest version, '
'then the latest delivery';
grant execute on function ops.winning_file(text, text, text)
to green_freight_loader, green_freight_builder, green_freight_publisher;
