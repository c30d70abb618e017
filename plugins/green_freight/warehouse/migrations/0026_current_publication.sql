-- The newest publication as one row, for dashboards; a moment before the first publication is an error, not an empty state.
set role green_freight_publisher;

create view mart.current_publication as
select
    publication_no,
    published_at,
    as_of_date,
    round(extract(epoch from now() - published_at) / 3600, 1) as age_hours,
    kind_code,
    cardinality(stale_agencies) as stale_agency_count,
    array_to_string(stale_agencies, ', ') as stale_agencies,
    verdict_warning_count
from mart.publication
order by publication_no desc
limit 1;
comment on view mart.current_publication is
'最新一次发布，只有一行 / the newest publication, one row: a key for the caches of BI tools';
comment on column mart.current_publication.publication_no is '发布号 / number of the publication';
comment on column mart.current_publication.published_at is '发布时间 / published at';
comment on column mart.current_publication.as_of_date is '统计日 / as-of date of the figures';
comment on column mart.current_publication.age_hours is '距发布时间的小时数 / hours since it was published';
comment on column mart.current_publication.kind_code is '运行类型 / kind of run that published it';
comment on column mart.current_publication.stale_agency_count is
'最近一次交付失败或缺失的单位数 / number of agencies with a delivery that failed or was missing when last asked for';
comment on column mart.current_publication.stale_agencies is
'最近一次交付失败或缺失的单位代码，以逗号分隔 / their codes, separated by commas';
comment on column mart.current_publication.verdict_warning_count is '警告数 / warnings published beside the figures';

create or replace function mart_asof.chosen_publication() returns bigint
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
        select max(publication_no) into chosen from mart.publication
        where published_at < (moment::date + 1)::timestamp at time zone 'Asia/Shanghai';
    else
        select max(publication_no) into chosen from mart.publication where published_at <= moment::timestamptz;
    end if;
    if chosen is null then
        raise exception '截至 % 尚未发布任何数据 / nothing had been published by %', moment, moment
            using hint = 'select publication_no, published_at from mart.publication';
    end if;
    return chosen;
end
$$;
comment on function mart_asof.chosen_publication() is '会话所选的发布号：green_freight.publication，其次 green_freight.as_of '
    '（日期或时刻），默认最新；尚无发布时为 0 / the publication that the session chose by the settings '
    'green_freight.publication or green_freight.as_of (a day or an instant); the newest by default; 0 where there is none';

reset role;
