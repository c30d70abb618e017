-- The record of publications, which readers see beside the star, and the choice of one of them.
set role green_freight_publisher;

create table mart.publication (
    publication_no bigint primary key check (publication_no > 0),
    published_at timestamptz not null unique,
    kind_code text not null,
    reason text,
    as_of_date date not null,
    code_version text not null,
    build_id bigint not null,
    run_id text not null,
    stale_agencies text[] not null default '{}',
    verdict_passed_count int not null,
    verdict_warning_count int not null
);
comment on table mart.publication is '一次发布 / one publication of the star: what was made visible, when and why';
comment on column mart.publication.publication_no is '发布号，从 1 连续 / number of the publication, 1 and on without gaps';
comment on column mart.publication.published_at is '发布时间 / published at';
comment on column mart.publication.kind_code is '运行类型 / kind of run that published it';
comment on column mart.publication.reason is '原因 / why';
comment on column mart.publication.as_of_date is '评判日 / day the figures are judged at';
comment on column mart.publication.code_version is '代码版本 / version of the code that built it';
comment on column mart.publication.build_id is '构建序号 / the build';
comment on column mart.publication.run_id is '运行编号 / the run';
comment on column mart.publication.stale_agencies is '最近一次交付失败或缺失的单位 / '
    'agencies with a delivery that failed or was missing when last asked for';
comment on column mart.publication.verdict_passed_count is '通过的期望数 / expectations that held';
comment on column mart.publication.verdict_warning_count is '警告数 / warnings published beside the figures';

create table mart.publication_table_change (
    publication_no bigint not null references mart.publication,
    table_name text not null,
    rows_added bigint not null check (rows_added >= 0),
    rows_changed bigint not null check (rows_changed >= 0),
    rows_removed bigint not null check (rows_removed >= 0),
    primary key (publication_no, table_name)
);
comment on table mart.publication_table_change is '一次发布改变的表（未变的表不列） / '
    'a table that a publication changed; one it left alone has no row';
comment on column mart.publication_table_change.publication_no is '发布号 / the publication';
comment on column mart.publication_table_change.table_name is '表 / table';
comment on column mart.publication_table_change.rows_added is '新增行数 / rows added';
comment on column mart.publication_table_change.rows_changed is '修改行数 / rows changed';
comment on column mart.publication_table_change.rows_removed is '删除行数 / rows removed';

-- Merged like the star's tables, so that mart_asof.publication_file lists the files of any past state.
create table mart.publication_file (
    source_file_key text primary key,
    agency_code text not null,
    delivery_name text not null,
    period_label text not null,
    file_name text not null,
    sha256 text not null,
    bytes bigint not null,
    publication_no bigint not null
);
comment on table mart.publication_file is '最新发布所依据的文件 / the files that the newest publication was built from';
comment on column mart.publication_file.source_file_key is '文件键 / key of the file';
comment on column mart.publication_file.agency_code is '单位 / agency';
comment on column mart.publication_file.delivery_name is '交付名称 / delivery';
comment on column mart.publication_file.period_label is '周期 / period';
comment on column mart.publication_file.file_name is '文件名 / file name as delivered';
comment on column mart.publication_file.sha256 is '内容校验和 / checksum of the content';
comment on column mart.publication_file.bytes is '字节数 / size in bytes';
comment on column mart.publication_file.publication_no is '写入此行的发布号 / publication that wrote the row';

create function mart_asof.chosen_publication() returns bigint
language plpgsql stable
as $$
declare
    -- '' is what `reset` leaves behind for a setting that a session made up.
    pinned text := nullif(current_setting('green_freight.publication', true), '');
    moment text := nullif(current_setting('green_freight.as_of', true), '');
    chosen bigint;
begin
    if pinned is not null then
        select publication_no into chosen from mart.publication where publication_no = pinned::bigint;
        if chosen is null then
            raise exception '没有第 % 号发布 / there is no publication %', pinned, pinned
                using hint = 'select publication_no, published_at from mart.publication';
        end if;
        return chosen;
    end if;
    if moment is null then
        return (select coalesce(max(publication_no), 0) from mart.publication);
    end if;
    -- A bare day means its end in Asia/Shanghai: what was known once that day was over.
    if moment ~ '^\d{4}-\d{2}-\d{2}$' then
        return (
            select coalesce(max(publication_no), 0) from mart.publication
            where published_at < (moment::date + 1)::timestamp at time zone 'Asia/Shanghai'
        );
    end if;
    return (
        select coalesce(max(publication_no), 0) from mart.publication where published_at <= moment::timestamptz
    );
end
$$;
comment on function mart_asof.chosen_publication() is '会话所选的发布号：green_freight.publication，其次 green_freight.as_of '
    '（日期或时刻），默认最新；第一次发布之前为 0 / the publication that the session chose by the settings '
    'green_freight.publication or green_freight.as_of (a day or an instant); the newest by default; 0 before the first';
grant execute on function mart_asof.chosen_publication() to green_freight_builder, green_freight_reader;

reset role;
