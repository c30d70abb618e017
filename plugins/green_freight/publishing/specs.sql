-- How tables look in a schema of the database.

-- name: tables
select c.relname, obj_description(c.oid, 'pg_class'),
    (select a.attname from pg_partitioned_table as p
     inner join pg_attribute as a on a.attrelid = p.partrelid and a.attnum = p.partattrs[0]
     where p.partrelid = c.oid)
from pg_class as c
where c.relnamespace = %(schema)s::regnamespace and c.relkind in ('r', 'p', 'v', 'm')

-- name: columns
select c.relname, a.attname, format_type(a.atttypid, a.atttypmod), col_description(c.oid, a.attnum)
from pg_class as c
inner join pg_attribute as a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
where c.relnamespace = %(schema)s::regnamespace and c.relkind in ('r', 'p', 'v', 'm')
order by c.relname, a.attnum

-- name: keys
-- Keys in the order they were written; the copies that partitions carry (conparentid) are not ours to manage.
select c.relname, k.contype, k.conname, f.relname,
    array(select a.attname::text from unnest(k.conkey) with ordinality as n (no, place)
          inner join pg_attribute as a on a.attrelid = k.conrelid and a.attnum = n.no order by n.place),
    array(select a.attname::text from unnest(k.confkey) with ordinality as n (no, place)
          inner join pg_attribute as a on a.attrelid = k.confrelid and a.attnum = n.no order by n.place)
from pg_constraint as k
inner join pg_class as c on c.oid = k.conrelid
left join pg_class as f on f.oid = k.confrelid
where c.relnamespace = %(schema)s::regnamespace and k.contype in ('p', 'f') and k.conparentid = 0

-- name: indexes
select c.relname, array_agg(i.relname::text)
from pg_index as x
inner join pg_class as c on c.oid = x.indrelid
inner join pg_class as i on i.oid = x.indexrelid
where c.relnamespace = %(schema)s::regnamespace and x.indisvalid
group by c.relname
