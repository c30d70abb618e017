-- A file cannot have been delivered after it was received: a sender whose clock is ahead would keep every correction out.
create or replace function ops.winning_file(agency_code text, delivery_name text, period_label text)
returns setof ops.source_file
language sql stable
as $$
    select file.* from ops.source_file as file
    where file.agency_code = winning_file.agency_code
        and file.delivery_name = winning_file.delivery_name
        and file.period_label = winning_file.period_label
    order by file.version desc, least(file.delivered_at, file.first_received_at) desc nulls last,
        file.last_received_at desc, file.source_file_key
    limit 1
$$;
comment on function ops.winning_file(text, text, text) is
'某单位某交付某期次以哪份文件为准：版本最高，其次投递最晚（投递时刻不晚于首次收到） / the file that counts for a delivery and period: '
'the highest version, then the latest delivery, which cannot be later than its arrival';
