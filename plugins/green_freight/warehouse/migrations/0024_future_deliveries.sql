-- Content that returns is as new as its return: only a time of delivery after the arrival is not believed.
create or replace function ops.winning_file(agency_code text, delivery_name text, period_label text)
returns setof ops.source_file
language sql stable
as $$
    select file.* from ops.source_file as file
    where file.agency_code = winning_file.agency_code
        and file.delivery_name = winning_file.delivery_name
        and file.period_label = winning_file.period_label
    order by file.version desc,
        case when file.delivered_at > file.last_received_at then file.first_received_at else file.delivered_at end desc nulls last,
        file.last_received_at desc, file.source_file_key
    limit 1
$$;
comment on function ops.winning_file(text, text, text) is
'某单位某交付某期次以哪份文件为准：版本最高，其次投递最晚（投递时刻晚于收到时刻的，以首次收到时刻为准） / the file that counts for a delivery '
'and period: the highest version, then the latest delivery; a time of delivery after its arrival is that of its first arrival';
